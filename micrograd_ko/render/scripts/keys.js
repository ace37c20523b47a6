// 글쇠(발표용 리모컨의 PageUp·PageDown 도)는 그것을 적어 둔(aria-keyshortcuts) 단추를 누른다.
const NAMES = { ' ': 'Space', '+': 'Plus', '=': 'Plus', '-': 'Minus' };
const OWNERS = [ // 글쇠를 제 것으로 쓰는 곳
  ['input:not([type=range]), select', /^(?!Page)/], ['#rate, #sample', /^(Arrow|Home|End)/], ['button, summary, a, .cell', /^ $/],
];

addEventListener('keydown', (event) => {
  const { key, code, target, shiftKey, altKey } = event, letter = /[ㄱ-ㅣ]/.test(key) ? code.at(-1) : key; // 한글 자판의 ㄹ 은 F 다
  const name = NAMES[key] ?? (key.length > 1 ? key : letter.toUpperCase());
  const written = CSS.escape((event.ctrlKey || event.metaKey ? `Control+${shiftKey ? 'Shift+' : ''}` : '') + name);
  const button = document.querySelector(`[aria-keyshortcuts~="${written}"]`);
  const isOwned = OWNERS.some(([places, keys]) => target.closest?.(places) && keys.test(key)) || scrolls(target, key);
  if (!button || isOwned || altKey || (shiftKey && key.length > 1) || event.defaultPrevented) return;
  event.preventDefault();
  button.click();
});

// 넘치는 그림과 설명의 글쇠는 그것을 민다
function scrolls(place, key) {
  const isWide = place.scrollWidth > place.clientWidth, isTall = place.scrollHeight > place.clientHeight;
  return place.matches?.('#view, #caption') && (key.startsWith('Arrow') ? isWide : key.startsWith('Page') && isTall);
}
