// A phone that belongs to no desk yet, or no more.
import { invitation } from './codes.js';
import { form, h, icon, segments } from './ui.js';
import { language, languages, say } from './words.js';

export function enrolScreen(app) {
  const { device, unsent } = app.state;
  const kept = device?.signedOff && unsent.people + unsent.boxes + unsent.steps > 0;
  const type = async () => {
    const given = await form(say('enrol.type'), say('enrol.type_text'), [{ name: 'code', text: say('enrol.code') }], say('enrol.go'), ({ code }) => (invitation(code) ? '' : say('reason.no_invitation')));
    if (given) await app.enrol(invitation(given.code));
  };
  return [
    h('div.work.enrol', h('h1', device?.signedOff ? say('enrol.signed_off') : say('enrol.title')), app.cameraPanel(),
      h('p', device?.signedOff ? say('enrol.signed_off_text') : say('enrol.text')), kept && h('p.notice', say('enrol.kept', { n: unsent.people })),
      h('ol', h('li', say('enrol.step1')), h('li', say('enrol.step2')), h('li', say('enrol.step3'))), languagesRow(app)),
    h('div.thumb', app.saidBand(), h('div.row', h('button', { type: 'button', onclick: type }, say('enrol.type'))),
      h('button.huge.primary', { type: 'button', onclick: () => (app.camera ? (app.closeCamera(), app.render()) : app.openCamera()) }, icon('camera'), app.camera ? say('scan.stop') : say('enrol.scan'))),
  ];
}

/** The choice of language: each says its own name. */
export const languagesRow = (app) => segments(say('more.language'), language(), languages().map(({ id, name }) => ({ value: id, text: name })), (id) => app.prefer('lang', id));
