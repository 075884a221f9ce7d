// The capture endpoint, as docs/capture.md says it.

/** What came of a call: ok with an answer, refused for good, or to be tried again. */
/** @typedef {{ok: true, answer: any, asked: number, got: number} | {ok: false, retry: boolean, status: number, code: string, where: string, text: string, refused: any[], after: number}} Outcome */

const patience = 30000;

/**
 * @param {string} path below /capture/v1/
 * @param {{key?: string, body?: string, fetch?: typeof fetch}} [how]
 * @returns {Promise<Outcome>}
 */
export async function call(path, { key, body, fetch: ask = fetch } = {}) {
  const later = (code, after = 0, status = 0) => ({ ok: false, retry: true, status, code, where: '', text: '', refused: [], after });
  const asked = Date.now();
  let response, said;
  try {
    response = await ask('/capture/v1/' + path, {
      method: body === undefined ? 'GET' : 'POST', body, credentials: 'omit', cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(patience),
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(key ? { Authorization: `Bearer ${key}` } : {}) },
    });
    said = await response.text();
  } catch {
    return later('offline');
  }
  const after = Math.min(Number(response.headers.get('Retry-After')) || 0, 600) * 1000;
  let answer;
  try { answer = JSON.parse(said); } catch { /* a hotel's log-in page, a proxy's complaint */ }
  if (!answer || typeof answer !== 'object') return later('offline', after);
  if (response.ok) return { ok: true, answer, asked, got: Date.now() };
  const why = answer.error;
  if (!why?.code || why.retry || response.status >= 500 || response.status === 429 || response.status === 408) return later(why?.code ?? 'failed', after, response.status);
  return { ok: false, retry: false, status: response.status, code: why.code, where: why.where ?? '', text: why.text ?? '', refused: why.refused ?? [], after };
}

/**
 * How long to wait before the next attempt: twice as long each time, up to two minutes, with chance in it so that a thousand phones do not come back together; never
 * less than the server asked for.
 */
export function wait(tries, after = 0, chance = Math.random()) {
  const step = Math.min(120000, 1000 * 2 ** Math.min(tries, 10));
  return after + step * (0.5 + chance / 2);
}
