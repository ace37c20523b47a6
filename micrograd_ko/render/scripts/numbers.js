// 수를 글로: `writing/numbers.py` 와 글자까지 같다(파이썬의 %g).
const UNKNOWN = '–';

// 절댓값을 유효 숫자 digits 자리로 반올림한 [숫자들, 10의 지수]. 꼭 가운데면 파이썬처럼 짝수로(toExponential 은 먼 쪽으로) 간다.
function rounded(x, digits) {
  const [written, exponent] = x.toExponential(digits - 1).split('e');
  const figures = written.replace('.', ''), rest = x.toExponential(digits + 20).split('e')[0].replace('.', '').slice(digits);
  const isTie = /^50*$/.test(rest) && Number(figures.at(-1)) % 2 === 1;
  return [isTie ? figures.slice(0, -1) + (Number(figures.at(-1)) - 1) : figures, Number(exponent)];
}

function number(x, digits = 4, warning = '⚠ ') {
  if (x === null) return UNKNOWN;
  if (Number.isNaN(x)) return `${warning}nan`;
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (!Number.isFinite(x)) return `${warning}${sign}inf`;
  const [figures, exponent] = rounded(Math.abs(x), digits);
  const trimmed = figures.replace(/0+$/, '') || '0', point = (text, at) => (text.length > at ? `${text.slice(0, at)}.${text.slice(at)}` : text);
  if (exponent < -4 || exponent >= digits) {
    return `${sign}${point(trimmed, 1)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${trimmed}`;
  return sign + point(trimmed.padEnd(exponent + 1, '0'), exponent + 1);
}

