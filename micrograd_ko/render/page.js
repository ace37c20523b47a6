'use strict';
{
  const find = (id) => document.getElementById(id);
  const { phases, names, steps } = JSON.parse(find('data').textContent);
  const last = steps.length - 1;
  const slider = find('slider'), view = find('view'), picture = find('picture');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const PACE = 1500; // 재생할 때 한 스텝의 시간(ms)
  let at = 0, timer = 0, addressing = 0;

  const cells = [...picture.querySelectorAll('.cell')].map((group) => ({
    group, box: group.querySelector('polygon'), text: group.querySelector('text'),
    tip: group.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'title')),
  }));
  cells.sort((a, b) => Number(a.group.id.slice(1)) - Number(b.group.id.slice(1)));
  picture.classList.add('live');

  function write({ group, box, text, tip }, number, isNow) {
    const [, written, depth, exact, partial] = number ?? [0, '', 0, '', 0];
    if (text) text.textContent = written;
    else group.classList.add('heat');
    tip.textContent = exact;
    group.classList.toggle('plus', depth > 0);
    group.classList.toggle('minus', depth < 0);
    group.classList.toggle('warn', depth === null);
    group.classList.toggle('partial', partial === 1);
    group.classList.toggle('now', isNow);
    group.dataset.known = number ? 'yes' : 'no';
    box.style.fillOpacity = depth === null ? 1 : Math.abs(depth);
  }

  function drawCells() {
    const known = new Map();
    for (const step of steps.slice(0, at + 1)) for (const change of step.cells) known.set(change[0], change);
    const now = new Set(steps[at].cells.map(([cell]) => cell));
    cells.forEach((cell, i) => write(cell, known.get(i), now.has(i) && at > 0));
    for (const node of picture.querySelectorAll('.node')) node.classList.toggle('now', node.querySelector('.cell.now') !== null);
  }

  function drawEdges() {
    const walked = steps.slice(0, at + 1).filter((step) => step.phase === 'backward');
    const seen = new Set(walked.flatMap((step) => step.edges));
    for (const edge of picture.querySelectorAll('.edge')) {
      const number = Number(edge.id.slice(4));
      edge.classList.toggle('now', steps[at].edges.includes(number));
      edge.classList.toggle('seen', seen.has(number));
    }
  }

  function writeList(parent, tag, texts) {
    parent.replaceChildren(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
  }

  function drawCaption() {
    const step = steps[at];
    find('phase').textContent = phases[step.phase];
    find('count').textContent = `${at} / ${last}`;
    find('what').textContent = step.title;
    const isMany = step.lines.length > 6; // 넘치면 설명 안에서 민다: 글쇠로도 밀 수 있게 초점을 준다
    find('lines').classList.toggle('many', isMany);
    if (isMany) find('lines').tabIndex = 0;
    else find('lines').removeAttribute('tabindex');
    find('lines').scrollTop = 0;
    writeList(find('lines'), 'p', step.lines);
    writeList(find('tags'), 'li', step.formulas.map((key) => names[key]));
    for (const item of find('formulas').children) {
      if (step.formulas.includes(item.dataset.formula)) item.setAttribute('aria-current', 'true');
      else item.removeAttribute('aria-current');
    }
  }

  function drawControls() {
    slider.value = at;
    slider.setAttribute('aria-valuetext', `${at} / ${last}, ${phases[steps[at].phase]}, ${steps[at].title}`);
    find('first').disabled = find('previous').disabled = at === 0;
    find('last').disabled = find('next').disabled = at === last;
    find('link').href = `#step=${at}`;
  }

  // 넘치는 그림이면 이번 스텝의 칸이 보이게 민다
  function follow() {
    const target = picture.querySelector('.cell.now');
    if (!target) return;
    const frame = view.getBoundingClientRect(), card = target.closest('.node').getBoundingClientRect();
    const box = card.width > frame.width || card.height > frame.height ? target.getBoundingClientRect() : card;
    const middle = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
    const left = middle(box.left, box.right, frame.left, frame.right), top = middle(box.top, box.bottom, frame.top, frame.bottom);
    if (left || top) view.scrollBy({ left, top, behavior: still.matches || timer ? 'auto' : 'smooth' });
  }

  // 주소의 #step= 은 조금 뒤에 바꾼다: 브라우저는 주소를 너무 자주 바꾸는 것을 막는다
  function address() {
    clearTimeout(addressing);
    addressing = setTimeout(() => {
      try {
        history.replaceState(null, '', `#step=${at}`);
      } catch {
        find('link').hidden = true; // 틀(sandbox) 안에서는 주소를 바꿀 수 없다
      }
    }, 250);
  }

  function go(step) {
    const wanted = Math.min(Math.max(Math.round(step), 0), last);
    at = Number.isFinite(wanted) ? wanted : 0;
    if (at === last) stop();
    drawCells();
    drawEdges();
    drawCaption();
    drawControls();
    follow();
    find('copied').textContent = '';
  }

  function move(step) {
    go(step);
    address();
  }

  function showPlaying(isPlaying) {
    find('play').textContent = isPlaying ? '■ 멈춤' : '▶ 재생';
    find('caption').setAttribute('aria-live', isPlaying ? 'off' : 'polite'); // 재생 중에는 스텝마다 읽어 주지 않는다
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    showPlaying(false);
  }

  function toggle() {
    if (timer) return stop();
    if (at === last) move(0);
    timer = setInterval(() => move(at + 1), PACE);
    return showPlaying(true);
  }

  const pressed = (action) => () => { stop(); action(); };
  find('first').onclick = pressed(() => move(0));
  find('previous').onclick = pressed(() => move(at - 1));
  find('next').onclick = pressed(() => move(at + 1));
  find('last').onclick = pressed(() => move(last));
  find('play').onclick = toggle;
  slider.oninput = pressed(() => move(Number(slider.value)));

  find('link').onclick = async (event) => {
    event.preventDefault();
    try {
      history.replaceState(null, '', `#step=${at}`);
      await navigator.clipboard.writeText(location.href);
      find('copied').textContent = '복사했다.';
    } catch {
      find('copied').textContent = '주소창의 주소가 이 스텝을 가리킨다.';
    }
  };

  const keys = {
    ArrowLeft: pressed(() => move(at - 1)), ArrowRight: pressed(() => move(at + 1)),
    PageUp: pressed(() => move(at - 1)), PageDown: pressed(() => move(at + 1)), // 슬라이더의 것은 거꾸로 간다
    Home: pressed(() => move(0)), End: pressed(() => move(last)), ' ': toggle,
  };
  addEventListener('keydown', (event) => {
    const place = event.target instanceof Element ? event.target : document.body;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.key in keys)) return;
    // 밀리는 그림과 설명 안의 화살표와 Page 글쇠는 그것을 민다
    const sideways = event.key.startsWith('Arrow') && place === view && view.scrollWidth > view.clientWidth;
    const down = event.key.startsWith('Page') && [view, find('lines')].includes(place) && place.scrollHeight > place.clientHeight;
    const own = event.key === ' ' ? place.closest('button, summary, a') : sideways || down;
    if (own) return;
    event.preventDefault();
    keys[event.key]();
  });

  const linked = () => Number(/^#step=(\d+)$/.exec(location.hash)?.[1] ?? 0);
  addEventListener('hashchange', () => { stop(); go(linked()); });
  if (window !== window.parent) find('link').parentElement.hidden = true; // 틀 안의 주소는 쓸모가 없다
  go(linked());
}
