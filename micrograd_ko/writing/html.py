"""HTML 로 적는 일의 공통 부분: 이스케이프, 식, 밖의 것을 부르지 않는 한 장의 문서."""

import html
import re

STYLE = """
.mgko { font-family: system-ui, sans-serif; line-height: 1.6; max-width: 60rem; color-scheme: light dark; }
.mgko .formula code { font-family: ui-monospace, monospace; background: none; }
.mgko .formula { overflow-x: auto; margin: .3rem 0; }
.mgko .indented { margin-left: 2rem; }
.mgko .scroll { overflow-x: auto; }
.mgko table { border-collapse: collapse; margin: .5rem 0; }
.mgko th, .mgko td { border: 1px solid #8886; padding: .2rem .6rem; text-align: right; font-variant-numeric: tabular-nums; }
.mgko th { background: #8882; }
.mgko th:first-child, .mgko td:first-child { text-align: left; }
.mgko tr.marked { background: #e4572e33; }
.mgko tr.marked td:last-child { font-weight: bold; }
"""
UNSHOWN = '\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff'  # 제어 문자, 짝 없는 대리 문자(surrogate), XML 에 없는 문자


def escape(text: object) -> str:
    """글을 HTML 에 그대로 보이게. 제어 문자와 짝 없는 대리 문자(lone surrogate)는 U+FFFD 가 된다."""
    return html.escape(re.sub(f'[{UNSHOWN}]', '\ufffd', str(text)))


def formula(text: str, indented: bool = False) -> str:
    """식 한 줄."""
    return f'<div class="formula{" indented" if indented else ""}"><code>{escape(text)}</code></div>'


def fragment(body: str) -> str:
    """노트북에 넣을 조각."""
    return f'<div class="mgko" lang="ko"><style>{STYLE}</style>{body}</div>'


def page(title: str, body: str) -> str:
    """조각(`fragment`)을 파일로 저장할 한 장의 문서로. 밖의 글꼴도 스크립트도 부르지 않는다."""
    return (
        '<!doctype html><html lang="ko"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title></head><body>{body}</body></html>\n'
    )
