// 글의 틀을 채우는 함수: `writing/templates.py` 의 alike 가 붙은 파이썬 함수와 이름도 하는 일도 같다.

// 합의 항으로 쓸 글: 음수와 식에는 괄호를 두른다
const grouped = (text) => (/^[-−]|[ +/]/.test(text) ? `(${text})` : text);

// 곱의 인수나 밑이나 나누는 수로 쓸 글: a×10ⁿ 에도 괄호를 두른다
const tight = (text) => (text.includes('×') ? `(${text})` : grouped(text));

// 같은 글이 잇달아 나오지 않게 등호로 잇는다
const chain = (...parts) => [...new Set(parts.filter((part) => part))].join(' = ');

// 말의 표(`words.ENGLISH`)로 옮긴 글. {} 에는 무엇이든 온다. 표에 없는 글은 그대로다
const patterns = Object.entries(page.english ?? {}).map(([korean, english]) => (
  [new RegExp(`^${korean.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.*)')}$`), english]));
function translated(text) {
  if (page.english?.[text]) return page.english[text];
  const [found, english] = patterns.find(([pattern]) => pattern.test(text)) ?? [];
  return found ? say(english, ...found.exec(text).slice(1).map(translated)) : text;
}
