// 페이지를 짓는다. 인쇄하면 스텝마다 한 장면씩 늘어놓는다(storyboard).
const model = new Model(page);
const steps = walk(model.graph, model);
const picture = new Picture(find('picture'), page, model);
const player = new Player(page, steps, model, picture, new View(find('picture')));
picture.show(steps, 0);
new Fields(model, picture);
new Paths(model, picture, page.squares);
new Training(model);
new Address(model, player);

addEventListener('beforeprint', () => {
  const { at } = player;
  find('storyboard').replaceChildren(...steps.map((_, i) => {
    player.go(i);
    const frame = document.createElement('figure'), text = document.createElement('figcaption');
    text.append(...[...find('caption').children].map((part) => part.cloneNode(true)));
    frame.append(text, find('picture').cloneNode(true));
    for (const part of frame.querySelectorAll('[id]')) part.removeAttribute('id');
    return frame;
  }));
  player.go(at);
});
addEventListener('afterprint', () => find('storyboard').replaceChildren());
