'use strict';
const find = (id) => document.getElementById(id);
const page = JSON.parse(find('data').textContent);
const words = page.words;
const say = (words, ...parts) => words.replace(/\{(\d)\}/g, (_, i) => parts[i]);
const mark = (element, kinds) => Object.entries(kinds).forEach(([kind, isOne]) => element.classList.toggle(kind, isOne));
