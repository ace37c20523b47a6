'use strict';
const find = (id) => document.getElementById(id);
const page = JSON.parse(find('data').textContent);
const words = page.words;
const say = (words, ...parts) => words.replace(/\{(\d)\}/g, (_, i) => parts[i]);
const still = matchMedia('(prefers-reduced-motion: reduce)');
