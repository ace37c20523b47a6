// 페이지를 짓는다. 인쇄하면 스텝마다 한 장면씩 늘어놓는다(storyboard).
const model = new Model(page);
const steps = walk(model.graph, model);
const picture = new Picture(find('picture'), page, model);
const player = new Player(page, steps, picture, new View(find('picture')));
const training = new Training(model);
const address = new Address(model, player);
const parts = [player, training, address, new Fields(model, picture), ...(model.samples ? [new Samples(model)] : [])];
model.tell = () => parts.forEach((part) => part.draw());
new Paths(model, picture, steps.some(({ phase }) => phase === 'seed') ? page.uses : []); // 손실이 없으면 경로도 없다
address.read();

addEventListener('beforeprint', () => {
  const { at } = player;
  find('storyboard').replaceChildren(...steps.map((_, i) => {
    player.go(i);
    const frame = document.createElement('figure'), text = document.createElement('figcaption');
    text.append(...find('caption').cloneNode(true).childNodes);
    frame.append(text, find('picture').cloneNode(true));
    for (const part of frame.querySelectorAll('[id]')) part.removeAttribute('id');
    return frame;
  }));
  player.go(at);
});
addEventListener('afterprint', () => find('storyboard').replaceChildren());
