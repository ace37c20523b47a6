// 글의 틀을 채우는 함수: `writing/templates.py` 의 alike 가 붙은 파이썬 함수와 이름도 하는 일도 같다.

// 합의 항으로 쓸 글: 음수와 식에는, 식 같은 이름에도 괄호를 두른다
const grouped = (text) => (/[ +\-−*·/=]/.test(text) ? `(${text})` : text);

// 곱의 인수나 밑이나 나누는 수로 쓸 글: a×10ⁿ 에도 괄호를 두른다
const tight = (text) => (text.includes('×') ? `(${text})` : grouped(text));

// 같은 글이 잇달아 나오지 않게 등호로 잇는다
const chain = (...parts) => [...new Set(parts.filter((part) => part))].join(' = ');
