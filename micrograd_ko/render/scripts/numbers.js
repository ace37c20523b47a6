// 수를 글로: `writing/numbers.py` 와 글자까지 같다(파이썬의 %g, 그리고 ×10ⁿ).
const UNKNOWN = '–';

// 유효 숫자 digits 자리의 지수 표기. 꼭 가운데면 파이썬처럼 짝수로 간다(toExponential 은 0 에서 먼 쪽으로)
function rounded(x, digits) {
  const away = x.toExponential(digits - 1), rest = x.toExponential(digits + 20).replace(/[-.]/g, '').slice(digits);
  return /^50*e/.test(rest) ? away.replace(/[13579](?=e)/, (last) => last - 1) : away;
}

function number(x, digits = 4, warning = '⚠ ') {
  if (x === null) return UNKNOWN;
  if (!Number.isFinite(x)) return warning + String(x).replace('NaN', 'nan').replace('Infinity', 'inf');
  const [figures, exponent] = rounded(x, digits).split('e').map(Number);
  if (exponent >= -4 && exponent < digits) return (Object.is(x, -0) ? '-' : '') + Number(`${figures}e${exponent}`);
  return `${figures}×10${String(exponent).replace(/./g, (letter) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[letter] ?? '⁻')}`;
}
