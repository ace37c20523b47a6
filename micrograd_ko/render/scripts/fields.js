// 잎의 수를 만진다: 눌러서 적거나(Enter, Esc), ↑ ↓ 로 조금씩, 옆으로 끌어서. 되돌리기는 model 이 안다.
class Fields {
  constructor(model, picture) {
    Object.assign(this, { model, picture });
    this.editor = find('editor');
    this.cells = picture.cells.filter(({ node, scale }) => model.leaves.includes(node) && !picture.scales[scale][0]);
    for (const cell of this.cells) this.prepare(cell);
    this.editor.onkeydown = (event) => this.typed(event);
    this.editor.onblur = () => this.close();
    find('undo').onclick = () => model.undo();
    find('reset').onclick = () => model.reset();
    find('rate').oninput = () => model.setRate(10 ** Number(find('rate').value));
    addEventListener('keydown', (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'z' || event.target === this.editor) return;
      event.preventDefault();
      model.undo();
    });
    model.listeners.push(() => this.draw());
    this.draw();
  }

  prepare({ group, node }) {
    group.classList.add('field');
    group.setAttribute('tabindex', '0');
    group.setAttribute('role', 'spinbutton');
    group.setAttribute('aria-label', this.model.names[node]);
    group.addEventListener('pointerdown', (event) => this.drag(event, group, node));
    group.addEventListener('keydown', (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.key === 'Enter') this.open(group, node);
      else if (step && !event.ctrlKey && !event.metaKey && !event.altKey) this.nudge(node, step * (event.shiftKey ? 10 : 1));
      else return;
      event.preventDefault();
    });
  }

  nudge(node, steps) {
    this.model.set(node, tidy(this.model.graph.x[node] + steps * 0.1));
  }

  // 옆으로 끌면 4 픽셀에 0.1 씩. 끌지 않고 떼면 적는 칸이 열린다
  drag(event, group, node) {
    if (event.button !== 0) return;
    event.preventDefault();
    group.focus();
    group.setPointerCapture(event.pointerId);
    const from = event.clientX, start = this.model.graph.x[node];
    let isDragged = false;
    const move = ({ clientX }) => {
      if (Math.abs(clientX - from) < 4 && !isDragged) return;
      if (!isDragged) this.model.remember();
      isDragged = true;
      this.model.slide(node, tidy(start + Math.trunc((clientX - from) / 4) * 0.1));
    };
    const end = () => {
      group.removeEventListener('pointermove', move);
      if (!isDragged) this.open(group, node);
    };
    group.addEventListener('pointermove', move);
    group.addEventListener('pointerup', end, { once: true });
    group.addEventListener('pointercancel', () => group.removeEventListener('pointermove', move), { once: true });
  }

  open(group, node) {
    const box = group.getBoundingClientRect(), { editor } = this;
    this.editing = { group, node };
    editor.hidden = false;
    editor.value = String(this.model.graph.x[node]);
    editor.setAttribute('aria-label', this.model.names[node]);
    Object.assign(editor.style, { left: `${box.left + scrollX}px`, top: `${box.top + scrollY}px`, width: `${Math.max(box.width, 90)}px` });
    editor.focus();
    editor.select();
  }

  typed(event) {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    const { group, node } = this.editing, value = Number(this.editor.value.replace('−', '-'));
    if (event.key === 'Enter') {
      const isNumber = this.editor.value.trim() !== '' && Number.isFinite(value);
      this.editor.setAttribute('aria-invalid', String(!isNumber));
      if (!isNumber) return;
      this.model.set(node, value);
    }
    this.close();
    group.focus();
  }

  close() {
    this.editor.hidden = true;
    this.editor.removeAttribute('aria-invalid');
  }

  draw() {
    const { model } = this, { trouble } = model;
    for (const { group, node } of this.cells) {
      group.classList.toggle('changed', model.isChanged(node));
      group.setAttribute('aria-valuenow', String(model.graph.x[node]));
      group.setAttribute('aria-valuetext', number(model.graph.x[node]));
    }
    find('rate').value = Math.log10(model.lr);
    find('rate').setAttribute('aria-valuetext', number(model.lr));
    find('eta').textContent = number(model.lr);
    find('undo').disabled = model.past.length === 0;
    find('reset').disabled = !model.leaves.some((leaf) => model.isChanged(leaf)) && model.lr === model.start.lr;
    find('trouble').textContent = trouble ? model.explain() : '';
  }
}

const tidy = (x) => Number(x.toPrecision(12));
