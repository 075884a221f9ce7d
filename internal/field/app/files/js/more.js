// Settings of this phone, and what it is.
import { languagesRow } from './enrol.js';
import { h, segments } from './ui.js';
import { clockTime, say } from './words.js';

export function moreScreen(app) {
  const { device, round } = app.state;
  const themes = ['auto', 'light', 'dark', 'sun'].map((value) => ({ value, text: say('theme.' + value) }));
  const offset = Math.round(app.clock.offset / 1000);
  return h('div.work', h('h1', say('tab.more')),
    app.role() === 'desk' && h('section', h('h2', say('more.round')), device.rounds.length === 0 ? h('p', say('round.none'))
      : h('div.choices', device.rounds.map((r) => h('button.big', { type: 'button', 'aria-pressed': String(r.id === round?.id), disabled: Boolean(app.state.tube) && r.id !== round?.id, onclick: () => app.run(() => app.desk.setRound(r.id), () => ['ok', say('told.round', { round: r.name })]) },
        h('b', { 'data-data': true }, r.name), h('small', `${clockTime(Date.parse(r.starts_at))} – ${clockTime(Date.parse(r.ends_at))} · ${say('round.state_' + r.state)}`))))),
    h('section', h('h2', say('more.language')), languagesRow(app)),
    h('section', h('h2', say('more.theme')), segments(say('more.theme'), app.prefs.theme, themes, (value) => app.prefer('theme', value))),
    h('section', h('h2', say('more.sound')), segments(say('more.sound'), app.prefs.sound, [{ value: 'on', text: say('more.sound_on') }, { value: 'off', text: say('more.sound_off') }], (value) => app.prefer('sound', value))),
    h('section', h('h2', say('more.device')), h('dl', h('dt', say('more.site')), h('dd', { 'data-data': true }, app.place()), app.role() === 'desk' && [h('dt', say('more.desk')), h('dd', { 'data-data': true }, device.desk)], h('dt', say('more.number')), h('dd', String(device.device)), h('dt', say('more.clock')), h('dd', Math.abs(offset) < 2 ? say('more.clock_right') : say('more.clock_off', { n: Math.abs(offset) })),
      h('dt', say('more.storage')), h('dd', app.persisted ? say('more.storage_kept') : say('more.storage_not')), h('dt', say('more.version')), h('dd.mono', { 'data-data': true }, app.version))),
    h('p.hint', say('more.enrol_hint')));
}
