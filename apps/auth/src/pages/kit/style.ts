/** The style sheet of all pages. It follows the reader's choice of light or dark, and needs no script, font or image. */
export const style = `
:root {
  color-scheme: light dark;
  --accent: #1d4ed8;
  --on-accent: #fff;
  --ground: light-dark(#f4f5f7, #111418);
  --card: light-dark(#fff, #1b2027);
  --text: light-dark(#15181d, #eceff4);
  --muted: light-dark(#545c69, #a7b0be);
  --line: light-dark(#7b8494, #7b8594);
  --rule: light-dark(#dfe3e9, #303844);
  --link: light-dark(#1d4ed8, #93b4ff);
  --bad: light-dark(#a31515, #ffa8a0);
  --bad-ground: light-dark(#fdecea, #3a1d1c);
  --good: light-dark(#14632f, #8fdcaa);
  --good-ground: light-dark(#e7f6ec, #16301f);
}
*, *::before, *::after { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center;
  background: var(--ground); color: var(--text); padding: 1.5rem 1rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
.brand { font-weight: 650; font-size: 1.05rem; margin: 1rem 0 1.25rem; display: flex; gap: .6rem; align-items: center; }
.brand img { height: 2.5rem; max-width: 15rem; object-fit: contain; }
main { width: 100%; max-width: 25rem; background: var(--card); border: 1px solid var(--rule); border-radius: .75rem;
  padding: 1.75rem 1.5rem; }
main.wide { max-width: 42rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .25rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
.muted { color: var(--muted); }
.small { font-size: .9rem; }
form { margin: 0; }
form + form, .provider, .below { margin-top: .75rem; }
[hidden] { display: none !important; }
.waiting { visibility: hidden; }
@media (scripting: none) { .waiting { display: none; } }
.field { margin-bottom: 1.1rem; }
label { display: block; font-weight: 550; margin-bottom: .3rem; }
.hint { color: var(--muted); font-size: .875rem; margin: .3rem 0 0; }
.error { color: var(--bad); font-size: .875rem; margin: .3rem 0 0; }
input, select { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .45rem; padding: .6rem .7rem; min-height: 2.75rem; }
[aria-invalid='true'] { border-color: var(--bad); border-width: 2px; }
input.code { letter-spacing: .15em; font-variant-numeric: tabular-nums; }
button, .button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .55rem 1.1rem; border-radius: .45rem;
  border: 1px solid transparent; cursor: pointer; background: var(--accent); color: var(--on-accent); text-decoration: none;
  display: inline-flex; align-items: center; justify-content: center; }
button.wide, .button.wide { width: 100%; }
.plain { background: transparent; color: var(--link); border-color: var(--line); }
.danger { background: light-dark(#a31515, #c62828); color: #fff; }
button:hover, .button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.alert, .notice { border-radius: .5rem; padding: .75rem .9rem; margin: 0 0 1.1rem; }
.alert { background: var(--bad-ground); color: var(--bad); }
.notice { background: var(--good-ground); color: var(--good); }
.alert p, .notice p { margin: 0; }
.links { margin: 1.25rem 0 0; display: grid; gap: .5rem; }
.links p { margin: 0; }
section { border-top: 1px solid var(--rule); padding: 1.1rem 0; }
section:last-of-type { padding-bottom: 0; }
section p:last-child { margin-bottom: 0; }
.row + section { margin-top: 1.1rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; }
.row > :first-child { min-width: 0; flex: 1 1 9rem; }
section > .row > h2 { flex-basis: 5rem; }
section > .row { margin-bottom: .35rem; }
.row p { margin: 0; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .75rem; }
ul.plain-list { list-style: none; margin: .75rem 0 0; padding: 0; display: grid; gap: .9rem; }
.badge { font-size: .8rem; border-radius: 1rem; padding: .1rem .6rem; border: 1px solid currentColor; white-space: nowrap; }
.badge.good { color: var(--good); }
.badge.bad { color: var(--bad); }
.qr { display: block; width: 12rem; height: 12rem; margin: 0 auto 1rem; background: #fff; padding: .5rem; border-radius: .5rem; }
code { font: .95em/1.6 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
ol.codes { margin: 0 0 1rem; padding-left: 2rem; }
@media (max-width: 24rem) { main { padding: 1.25rem 1rem; } }
footer { margin-top: auto; padding-top: 1.5rem; font-size: .875rem; color: var(--muted); display: flex;
  flex-wrap: wrap; justify-content: center; gap: .5rem 1.25rem; }
footer nav { display: flex; flex-wrap: wrap; justify-content: center; gap: .5rem 1.25rem; }
footer a { min-height: 1.5rem; }
footer [aria-current] { color: inherit; text-decoration: none; font-weight: 600; }
@media print {
  :root { color-scheme: light; }
  body > :not(main, .brand), main:has(.print) > :not(h1, .print), form, .actions { display: none; }
  body, main { background: none; border: 0; padding: 0; }
}
`;
