// What is felt and heard without looking: a high short tone for done, a low double one for refused, two rising ones for full.

let audio, loud = true;

export function setSound(on) { loud = on; }

/** Browsers let sound begin only after a touch. */
export function wakeSound() {
  audio ??= globalThis.AudioContext ? new AudioContext() : undefined;
  if (audio?.state === 'suspended') audio.resume().catch(() => {});
}

function tone(pitch, start, length, shape = 'sine', loudness = 0.4) {
  const at = audio.currentTime + start;
  const voice = audio.createOscillator(), gain = audio.createGain();
  voice.type = shape;
  voice.frequency.value = pitch;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.01);
  gain.gain.setValueAtTime(loudness, at + length - 0.02);
  gain.gain.linearRampToValueAtTime(0, at + length);
  voice.connect(gain).connect(audio.destination);
  voice.start(at);
  voice.stop(at + length);
}

const feels = {
  ok: { shake: [40], play: () => tone(1568, 0, 0.09) },
  full: { shake: [40, 60, 120], play: () => { tone(1047, 0, 0.1); tone(1568, 0.12, 0.18); } },
  ask: { shake: [120], play: () => { tone(659, 0, 0.12); tone(659, 0.16, 0.12); } },
  refused: { shake: [220, 90, 220], play: () => { tone(165, 0, 0.2, 'square', 0.3); tone(165, 0.26, 0.28, 'square', 0.3); } },
};

/** @param {'ok' | 'full' | 'ask' | 'refused'} how */
export function feel(how) {
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(feels[how].shake); // not allowed before the first touch
  if (loud && audio?.state === 'running') feels[how].play();
}

/** Keeps the screen on while the app is in front: a desk has no hand free to wake it. */
export function keepAwake() {
  const hold = async () => {
    if (document.visibilityState !== 'visible') return;
    try { await navigator.wakeLock?.request('screen'); } catch { /* the battery is low, or it is not allowed */ }
  };
  document.addEventListener('visibilitychange', hold);
  hold();
}
