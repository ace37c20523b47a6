// 수를 만진다: 잎의 칸을 눌러서 적거나(Enter, Esc), ↑ ↓ 로 조금씩, 옆으로 끌어서. η 는 슬라이더다. 되돌리기는 model 이 안다.
class Fields {
  constructor(model, picture) {
    const { svg, cells } = picture, editor = find('editor');
    Object.assign(this, { model, picture, editor, editing: null, drag: null });
    cells.forEach(({ group }, i) => { group.tabIndex = i ? -1 : 0; }); // Tab 은 칸 하나에만 서고, ← → 로 옮긴다
    svg.parentElement.addEventListener('focusin', (event) => {
      for (const { group } of picture.cellOf(event) ? cells : []) group.tabIndex = group === event.target ? 0 : -1;
    });
    svg.onkeydown = (event) => this.press(event);
    svg.onpointerdown = (event) => this.grab(event);
    svg.onpointermove = (event) => this.slide(event);
    svg.onpointerup = () => { if (this.drag && !this.drag.isMoved) this.open(this.drag.cell); };
    svg.onlostpointercapture = () => { this.drag = null; };
    editor.onkeydown = (event) => this.typed(event);
    editor.onblur = () => this.close();
    find('rate').oninput = ({ target }) => model.set(model.rate, tidy(10 ** target.valueAsNumber, 3), target);
    find('rate').onchange = find('sample').onchange = () => { model.gesture = null; };
  }

  press(event) {
    const { model, picture: { cells } } = this, cell = this.picture.cellOf(event), { key } = event;
    const step = { ArrowUp: 1, ArrowDown: -1 }[key], side = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    if (side) cells[cells.indexOf(cell) + side]?.group.focus();
    else if (cell.isField && key === 'Enter') this.open(cell);
    else if (cell.isField && step) model.set(cell.node, tidy(model.graph.x[cell.node] + step * (event.shiftKey ? 1 : 0.1)));
    else return;
    event.preventDefault();
  }

  grab(event) {
    const cell = this.picture.cellOf(event);
    if (event.button !== 0 || !cell?.isField) return;
    event.preventDefault();
    cell.group.focus();
    cell.group.setPointerCapture(event.pointerId);
    this.drag = { cell, from: event.clientX, start: this.model.graph.x[cell.node], isMoved: false };
  }

  // 옆으로 끌면 4 픽셀에 0.1 씩. 끌지 않고 떼면 적는 칸이 열린다
  slide({ clientX }) {
    const { drag } = this, steps = drag ? Math.trunc((clientX - drag.from) / 4) : 0;
    if (!steps && !drag?.isMoved) return;
    drag.isMoved = true;
    this.model.set(drag.cell.node, tidy(drag.start + steps * 0.1), drag);
  }

  open(cell) {
    const { group, node } = cell, { editor, model } = this, { left, top, width } = group.getBoundingClientRect();
    this.editing = cell;
    Object.assign(editor, { hidden: false, value: model.graph.x[node], ariaLabel: model.names[node], ariaInvalid: null });
    Object.assign(editor.style, { left: `${left + scrollX}px`, top: `${top + scrollY}px`, width: `${Math.max(width, 96)}px` });
    editor.focus({ preventScroll: true });
    editor.select();
  }

  typed({ key }) {
    const { group } = this.editing;
    if (!['Enter', 'Escape', 'Tab'].includes(key)) return;
    this.editor.ariaInvalid = key === 'Enter' && numeral(this.editor.value) === null;
    if (this.editor.ariaInvalid === 'true') return;
    if (key === 'Escape') this.editing = null;
    group.focus();
  }

  // 다른 곳을 눌러도 적은 수는 받아들인다. 그만두는 것은 Esc 뿐이다
  close() {
    const { editing, editor, model } = this, value = numeral(editor.value);
    if (editing && value !== null) model.set(editing.node, value);
    this.editing = null;
    editor.hidden = true;
  }

  draw() {
    const { model } = this;
    find('rate').value = Math.log10(model.lr);
    find('rate').ariaValueText = find('eta').textContent = number(model.lr);
    find('undo').disabled = model.past.length === 0;
    find('reset').disabled = model.isSame(model.graph.x, model.start);
    find('trouble').textContent = model.trouble;
  }
}

const tidy = (x, digits = 12) => Number(x.toPrecision(digits));

// 사람이 적은 수: 페이지가 적는 꼴(5.9×10⁻⁵)도 읽는다. 수가 아니면 null
function numeral(written) {
  const plain = written.replace(/[⁻⁰¹²³⁴-⁹]+/, '^$&').normalize('NFKC').trim(); // 표시(^)가 없으면 10⁵ 가 105 가 된다
  const text = plain.replace(/ ?× ?10\^/, 'e').replaceAll('−', '-').replace(/,(?!\d{3}(?!\d))/, '.'); // 1,000 은 1 이 아니다
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
}
