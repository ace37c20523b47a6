// 주소가 스텝과 바꾼 수를 지닌다: #step=12&w²₁₁=0.7. 선생이 상태를 그대로 보낼 수 있다.
class Address {
  constructor(model, player) {
    Object.assign(this, { model, player, timer: 0 });
    player.moved = () => this.write();
    model.listeners.push(() => this.write());
    addEventListener('hashchange', () => { if (location.hash !== this.text()) this.read(); });
    find('link').onclick = (event) => this.copy(event);
    find('link').parentElement.hidden = window !== window.parent; // 틀 안의 주소는 쓸모가 없다
    this.read();
  }

  text() {
    const { model, player } = this, { x } = model.graph;
    const numbers = model.leaves.filter((leaf) => model.isChanged(leaf)).map((leaf) => [model.names[leaf], x[leaf]]);
    return `#${new URLSearchParams([['step', player.at], ...numbers, ...(model.lr === model.start.lr ? [] : [['η', model.lr]])])}`;
  }

  // 읽을 수 없는 것은 건너뛴다. 계산할 수 없는 수면 그 까닭이 보인다
  read() {
    const { model, player } = this, x = model.start.x.slice();
    let step = 0, { lr } = model.start;
    for (const [name, written] of new URLSearchParams(location.hash.slice(1))) {
      const value = Number(written), leaf = model.leaves.find((i) => model.names[i] === name);
      if (!written || !Number.isFinite(value)) continue;
      if (name === 'step') step = value;
      else if (leaf !== undefined) x[leaf] = value;
      else if (name === 'η' && value > 0) lr = value;
    }
    player.stop();
    player.at = 0;
    model.restore({ x, lr });
    player.go(step);
  }

  // 조금 뒤에 바꾼다: 브라우저는 주소를 너무 자주 바꾸는 것을 막는다
  write() {
    find('link').href = `#step=${this.player.at}`;
    find('copied').textContent = '';
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.replace(), 250);
  }

  replace() {
    find('link').href = this.text();
    try {
      history.replaceState(null, '', this.text());
    } catch {
      find('link').hidden = true; // 틀(sandbox) 안에서는 주소를 바꿀 수 없다
    }
  }

  async copy(event) {
    event.preventDefault();
    this.replace();
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    find('copied').textContent = copied ? words.copied : words.inAddress;
  }
}
