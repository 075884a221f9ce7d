// What a scanner, a camera or a hand gives, and what it may be. No state, no clock, nothing from outside.

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Text as it was meant: full-width characters are narrow ones, nothing unseen at the ends or within. */
export function clean(text) {
  // eslint-disable-next-line no-control-regex
  return String(text).normalize('NFKC').replace(/[\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\ufeff]/g, '').trim();
}

/**
 * A person's code as it is printed, K7Q2M-4XD9R, or '' for what cannot be one. Whether it is somebody's only the server knows: the check is enciphered.
 * A QR code may hold it at the end of an address.
 */
export function personCode(text) {
  const last = clean(text).split(/[/#=?&]/).at(-1);
  const code = last.toUpperCase().replace(/[-\s]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (code.length !== 10 || [...code].some((c) => !digits.includes(c))) return '';
  return code.slice(0, 5) + '-' + code.slice(5);
}

/** Whether a text is written as a person's code is printed, with its hyphen: a label hardly ever is. */
export const printedAsPerson = (text) => /^[0-9A-Z]{5}-[0-9A-Z]{5}$/.test(clean(text).toUpperCase().split(/[/#=]/).at(-1)) && personCode(text) !== '';

/** A label as the server takes it, or ''. Typed ones are made capitals, as labels are printed; scanned ones stay as they are. */
export function label(text, typed = false) {
  const code = typed ? clean(text).toUpperCase() : clean(text);
  return code !== '' && new TextEncoder().encode(code).length <= 40 ? code : '';
}

/** What two labels of one print run have in common: Q7-0413 and Q7-0414 are both A9-9999. */
export const shape = (code) => code.replace(/[0-9]/g, '9').replace(/[A-Za-z]/g, 'A');

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** A document's number as it is kept: capitals, without spaces. */
export const documentNumber = (text) => clean(text).toUpperCase().replace(/\s/g, '');

/**
 * What is wrong with a document's number: '' where nothing is known to be, 'id' for a Chinese identity number whose check digit or day of birth cannot be, 'short'
 * and 'long'. Other documents have no check.
 */
export function documentFault(text) {
  const number = documentNumber(text);
  if (number.length < 3) return 'short';
  if (new TextEncoder().encode(number).length > 64) return 'long';
  if (!/^\d{17}[\dX]$/.test(number)) return /^\d{15,19}X?$/.test(number) ? 'id' : '';
  const month = Number(number.slice(10, 12)), day = Number(number.slice(12, 14)), year = Number(number.slice(6, 10));
  const born = new Date(Date.UTC(year, month - 1, day));
  const real = year >= 1890 && born.getUTCMonth() === month - 1 && born.getUTCDate() === day;
  const sum = weights.reduce((all, w, i) => all + w * Number(number[i]), 0);
  return real && '10X98765432'[sum % 11] === number[17] ? '' : 'id';
}

/** Whether a text is surely a Chinese identity number. */
export const isIdentityNumber = (text) => /^\d{17}[\dX]$/.test(documentNumber(text)) && documentFault(text) === '';

/** A name as others may see it over a shoulder: 王**, L. */
export function mask(name) {
  const letters = [...clean(name)];
  if (letters.length === 0) return '';
  return letters[0] + '*'.repeat(Math.min(Math.max(letters.length - 1, 1), 2));
}

/** A code or a number as others may see it. */
export const maskCode = (code) => (code.length > 6 ? code.slice(0, 3) + '…' + code.slice(-3) : code);

/**
 * What a scan is, by what the desk waits for. A label and a person's code may look alike, so the print run of the open tube's label decides.
 * @param {string} text
 * @param {{tube?: string, waiting?: boolean, known?: boolean}} at the open tube's label; whether there is an open tube; whether the text is a label this phone knows
 * @returns {'person' | 'document' | 'tube' | 'nothing'}
 */
export function kindOf(text, { tube = '', waiting = false, known = false }) {
  if (known) return 'tube';
  if (isIdentityNumber(text)) return 'document';
  if (printedAsPerson(text)) return 'person';
  const code = label(text);
  if (code === '') return 'nothing';
  if (personCode(text) !== '' && waiting && (tube === '' || shape(code) !== shape(tube))) return 'person';
  if (personCode(text) !== '' && /[/#=]/.test(code)) return 'person';
  return 'tube';
}

/** The invitation in what a QR code or a hand gives: the address of this app with #invite=SECRET, or the secret alone. */
export function invitation(text) {
  const given = clean(text);
  const at = given.indexOf('#invite=');
  const secret = at >= 0 ? decodeURIComponent(given.slice(at + 8)) : given;
  return /^[\w-]{16,200}$/.test(secret) ? secret : '';
}
