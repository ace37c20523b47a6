// 잎의 수를 만진다: 눌러서 적거나(Enter, Esc), ↑ ↓ 로 조금씩, 옆으로 끌어서. 되돌리기는 model 이 안다.
class Fields {
  constructor(model, picture) {
    Object.assign(this, { model, picture, editor: find('editor'), leaves: new Set(model.leaves) });
    for (const cell of picture.cells) this.prepare(cell);
    picture.cells[0]?.group.setAttribute('tabindex', '0');
    this.editor.onkeydown = (event) => this.typed(event);
    this.editor.onblur = () => this.close();
    find('undo').onclick = () => model.undo();
    find('reset').onclick = () => model.reset();
    find('rate').oninput = () => this.slideRate();
    find('rate').onchange = () => { this.isSliding = false; };
    addEventListener('keydown', (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'z' || event.target.matches('input:not([type=range])')) return;
      event.preventDefault();
      model.undo();
    });
    model.listeners.push(() => this.draw());
    this.draw();
  }

  isField({ node, isGradient }) { return this.leaves.has(node) && !isGradient; }

  // 칸은 모두 가리킬 수 있다(Tab 은 하나에만 서고, ← → 로 옮긴다). 잎의 칸은 수를 바꾼다
  prepare(cell) {
    const { group, node } = cell, isField = this.isField(cell);
    group.setAttribute('tabindex', '-1');
    group.setAttribute('role', isField ? 'spinbutton' : 'img');
    group.classList.toggle('field', isField);
    group.addEventListener('focus', () => this.roam(group));
    if (isField) group.addEventListener('pointerdown', (event) => this.drag(event, group, node));
    group.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key], side = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (side) this.picture.cells[this.picture.cells.indexOf(cell) + side]?.group.focus();
      else if (isField && event.key === 'Enter') this.open(group, node);
      else if (isField && step) this.model.set(node, tidy(this.model.graph.x[node] + step * (event.shiftKey ? 1 : 0.1)));
      else return;
      event.preventDefault();
    });
  }

  roam(group) {
    this.picture.svg.querySelector('.cell[tabindex="0"]')?.setAttribute('tabindex', '-1');
    group.setAttribute('tabindex', '0');
  }

  // 옆으로 끌면 4 픽셀에 0.1 씩. 끌지 않고 떼면 적는 칸이 열린다
  drag(event, group, node) {
    if (event.button !== 0) return;
    event.preventDefault();
    group.focus();
    group.setPointerCapture(event.pointerId);
    const from = event.clientX, start = this.model.graph.x[node], done = new AbortController(), { signal } = done;
    let isDragged = false;
    group.addEventListener('pointermove', ({ clientX }) => {
      if (Math.abs(clientX - from) < 4 && !isDragged) return;
      if (!isDragged) this.model.remember();
      isDragged = true;
      this.model.set(node, tidy(start + Math.trunc((clientX - from) / 4) * 0.1), true);
    }, { signal });
    group.addEventListener('pointerup', () => { done.abort(); if (!isDragged) this.open(group, node); }, { signal });
    group.addEventListener('pointercancel', () => done.abort(), { signal });
  }

  open(group, node) {
    const box = group.getBoundingClientRect(), { editor } = this;
    this.editing = { group, node };
    editor.hidden = false;
    editor.value = String(this.model.graph.x[node]);
    editor.setAttribute('aria-label', this.model.names[node]);
    editor.removeAttribute('aria-invalid');
    Object.assign(editor.style, { left: `${box.left + scrollX}px`, top: `${box.top + scrollY}px`, width: `${Math.max(box.width, 96)}px` });
    editor.focus({ preventScroll: true });
    editor.select();
  }

  typed(event) {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    const { group } = this.editing, isEnter = event.key === 'Enter';
    this.editor.setAttribute('aria-invalid', String(isEnter && this.written() === null));
    if (isEnter && this.written() === null) return;
    if (!isEnter) this.editing = null;
    group.focus();
  }

  // 적은 수. 수가 아니면 null
  written() {
    const text = this.editor.value.trim().replace('−', '-').replace(',', '.');
    return text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
  }

  // 다른 곳을 눌러도 적은 수는 받아들인다. 그만두는 것은 Esc 뿐이다
  close() {
    if (this.editing && this.written() !== null) this.model.set(this.editing.node, this.written());
    this.editing = null;
    this.editor.hidden = true;
  }

  // 끄는 동안의 되돌리기는 끌기 전으로 간다
  slideRate() {
    if (!this.isSliding) this.model.remember();
    this.isSliding = true;
    this.model.setRate(tidy(10 ** Number(find('rate').value), 3));
  }

  draw() {
    const { model } = this;
    for (const { group, node } of this.picture.cells.filter((cell) => this.isField(cell))) {
      group.classList.toggle('changed', model.isChanged(node));
      group.setAttribute('aria-valuenow', String(model.graph.x[node]));
    }
    find('rate').value = Math.log10(model.lr);
    find('rate').setAttribute('aria-valuetext', number(model.lr));
    find('eta').textContent = number(model.lr);
    find('undo').disabled = model.past.length === 0;
    find('reset').disabled = !model.leaves.some((leaf) => model.isChanged(leaf)) && model.lr === model.start.lr;
    find('trouble').textContent = model.trouble;
  }
}

const tidy = (x, digits = 12) => Number(x.toPrecision(digits));
