// 주소가 스텝과 바꾼 수를 지닌다: #step=12&w²₁₁=0.7. 선생이 상태를 그대로 보낼 수 있다.
class Address {
  constructor(model, player) {
    Object.assign(this, { model, player, places: new Map() }); // 주소의 이름 → 수의 자리
    for (const place of model.fields) this.places.set(this.free(model.names[place]), place);
    player.moved = () => this.draw();
    const follow = ({ hash }) => hash === this.text || this.read(hash);
    addEventListener('hashchange', ({ newURL }) => follow(new URL(newURL))); // 미루어 둔 주소가 그 사이에 적혔어도(`draw`)
    find('link').onclick = () => this.copy();
    find('link').parentElement.hidden = window !== parent; // 틀 안의 주소는 쓸모가 없다
  }

  // 스텝이나 다른 수의 이름과 겹치지 않는 이름: 겹치면 ′ 을 붙인다
  free(name) { return name === 'step' || this.places.has(name) ? this.free(`${name}′`) : name; }

  get text() {
    const { model, player } = this, changed = [...this.places].filter(([, place]) => model.isChanged(place));
    return `#${new URLSearchParams([['step', player.at], ...changed.map(([name, place]) => [name, model.graph.x[place]])])}`;
  }

  // 읽을 수 없는 것은 건너뛴다. 계산할 수 없는 수면 그 까닭이 보인다
  read(hash = location.hash) {
    const { model, player, places } = this, written = new URLSearchParams(hash.slice(1)), x = model.start.slice();
    for (const [name, text] of written) {
      const place = places.get(name), value = numeral(text);
      if (place !== undefined && value !== null && (place !== model.rate || value > 0)) x[place] = value;
    }
    player.stop();
    model.change(x);
    player.go(Number(written.get('step')));
  }

  // 조금 뒤에 바꾼다: 브라우저는 주소를 너무 자주 바꾸는 것을 막는다
  draw() {
    find('copied').textContent = '';
    find('link').href = this.text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (window === parent) history.replaceState(null, '', this.text); }, 250);
  }

  // 눌린 링크는 주소창으로 간다. 복사할 수 있으면 복사도 한다
  copy() {
    history.replaceState(null, '', this.text); // 이미 그 주소면 뒤늦은 hashchange 가 그 사이에 바꾼 수를 되돌리지 않는다
    find('copied').textContent = words.inAddress;
    navigator.clipboard?.writeText(find('link').href).then(() => { find('copied').textContent = words.copied; }, () => {});
  }
}
