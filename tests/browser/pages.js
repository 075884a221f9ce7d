// Every page of the program that a person can reach by links, with somebody who may. A new page is one line here, and is then looked at in
// both languages, both themes, on a desk and on a phone.

/**
 * path is inside the outbreak unless it begins with "/"; first, where given, is the link on it to follow: the page of one record; press is a
 * button on it, whose page is the one that is meant.
 * @type {{name: string, path: string, role: string, first?: string, then?: string, press?: string, status?: number}[]}
 */
export const pages = [
  { name: 'now', path: 'now', role: 'duty-officer' },
  { name: 'now, counts only', path: 'now', role: 'higher-level-viewer' },
  { name: 'tasks', path: 'tasks', role: 'duty-officer' },
  { name: 'tasks, late', path: 'tasks?status=late', role: 'epidemiologist' },
  { name: 'task', path: 'tasks', role: 'epidemiologist', first: '.data tbody tr a' },
  { name: 'cases', path: 'cases', role: 'epidemiologist' },
  { name: 'case, new', path: 'cases/new', role: 'epidemiologist' },
  { name: 'case', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code' },
  { name: 'case, investigation', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code', then: '?tab=investigation' },
  { name: 'case, contacts', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code', then: '?tab=contacts' },
  { name: 'case, proposals', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code', then: '?tab=proposals' },
  { name: 'case, samples', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code', then: '?tab=samples' },
  { name: 'case, chain', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code', then: '?tab=chain' },
  { name: 'case, history', path: 'cases', role: 'epidemiologist', first: '.data tbody a.code', then: '?tab=history' },
  { name: 'contacts', path: 'contacts', role: 'epidemiologist' },
  { name: 'contact', path: 'contacts', role: 'epidemiologist', first: '.data tbody a.code' },
  { name: 'follow-up', path: 'followup', role: 'follow-up-officer' },
  { name: 'situation', path: 'situation?split=found', role: 'duty-officer' },
  { name: 'situation by district', path: 'situation?by=report&split=area', role: 'epidemiologist' },
  { name: 'forecast, begun', path: 'forecast', role: 'duty-officer', press: '#make button' },
  { name: 'forecast', path: 'forecast', role: 'duty-officer' },
  { name: 'forecast, of a part', path: 'forecast', role: 'epidemiologist' },
  { name: 'chains', path: 'chains', role: 'epidemiologist' },
  { name: 'chains, unresolved', path: 'chains/unresolved', role: 'epidemiologist' },
  { name: 'duplicates', path: 'duplicates', role: 'epidemiologist' },
  { name: 'assistance', path: 'assistance?state=all', role: 'epidemiologist' },
  { name: 'assistance, one', path: 'assistance?state=all', role: 'epidemiologist', first: '.data tbody a' },
  { name: 'clusters', path: 'clusters', role: 'epidemiologist' },
  { name: 'cluster', path: 'clusters', role: 'epidemiologist', first: '.data tbody a' },
  { name: 'new cluster', path: 'clusters/new', role: 'epidemiologist' },
  { name: 'zones', path: 'zones', role: 'duty-officer' },
  { name: 'zone', path: 'zones', role: 'duty-officer', first: '.data tbody a' },
  { name: 'rounds', path: 'rounds', role: 'duty-officer' },
  { name: 'round, new', path: 'rounds/new', role: 'screening-coordinator' },
  { name: 'standing rounds', path: 'rounds/standing', role: 'screening-coordinator' },
  { name: 'standing round, new', path: 'rounds/standing/new', role: 'screening-coordinator' },
  { name: 'round', path: 'rounds/2', role: 'screening-coordinator' },
  { name: 'round, closed', path: 'rounds/1', role: 'duty-officer' },
  { name: 'round, plan', path: 'rounds/2/plan', role: 'screening-coordinator' },
  { name: 'isolation', path: 'isolation', role: 'isolation-staff' },
  { name: 'isolation, site', path: 'isolation', role: 'isolation-staff', first: '.data tbody a:has-text("Q1")' },
  { name: 'isolation, new', path: 'isolation/new', role: 'isolation-staff' },
  { name: 'care', path: 'care', role: 'hospital' },
  { name: 'transfers', path: 'transfers', role: 'transfer-dispatcher' },
  { name: 'transfer, new', path: 'transfers/new', role: 'transfer-dispatcher' },
  { name: 'laboratories', path: 'laboratories', role: 'screening-coordinator' },
  { name: 'laboratory', path: 'laboratories', role: 'laboratory', first: '.data tbody a' },
  { name: 'round, edit', path: 'rounds/2/edit', role: 'screening-coordinator' },
  { name: 'round, missing', path: 'rounds/2/missing', role: 'screening-coordinator' },
  { name: 'round, missing at doors', path: 'rounds/2/missing', role: 'community-worker' },
  { name: 'round, standings', path: 'rounds/2/standings', role: 'screening-coordinator' },
  { name: 'round, tubes', path: 'rounds/2/tubes', role: 'screening-coordinator' },
  { name: 'round, tubes of the closed', path: 'rounds/1/tubes', role: 'duty-officer' },
  { name: 'round, aside', path: 'rounds/2/aside', role: 'screening-coordinator' },
  { name: 'round, account', path: 'rounds/2/account', role: 'screening-coordinator' },
  { name: 'round, account of the closed', path: 'rounds/1/account', role: 'screening-coordinator' },
  { name: 'positives', path: 'positives', role: 'epidemiologist' },
  { name: 'restrictions', path: 'restrictions', role: 'epidemiologist' },
  { name: 'restriction', path: 'restrictions', role: 'epidemiologist', first: '.data tbody a' },
  { name: 'restriction, certificate', path: 'restrictions?show=ended&kind=isolation', role: 'epidemiologist', first: '.data tbody a', then: '/certificate' },
  { name: 'restriction, notice', path: 'restrictions/notices', role: 'epidemiologist' },
  { name: 'positives, laboratory', path: 'positives', role: 'laboratory' },
  { name: 'sites', path: 'sites', role: 'duty-officer' },
  { name: 'site', path: 'sites', role: 'screening-coordinator', first: '.data tbody a' },
  { name: 'site, edit', path: 'sites', role: 'screening-coordinator', first: '.data tbody a', then: '/edit' },
  { name: 'site, invitation', path: 'sites', role: 'screening-coordinator', first: '.data tbody a', press: 'form[action$="/invite"] button.primary' },
  { name: 'laboratory, new', path: 'laboratories/new', role: 'screening-coordinator' },
  { name: 'site, new', path: 'sites/new', role: 'screening-coordinator' },
  { name: 'sites, paste', path: 'sites/import', role: 'screening-coordinator' },
  { name: 'public', path: '/public/{lang}/', role: 'duty-officer' },
  { name: 'public, areas', path: '/public/{lang}/areas', role: 'duty-officer' },
  { name: 'public, sites', path: '/public/{lang}/areas/370285', role: 'duty-officer' },
  { name: 'public, community', path: '/public/{lang}/areas/370285001001', role: 'duty-officer' },
  { name: 'public, restriction', path: '/public/{lang}/restriction', role: 'duty-officer' },
  { name: 'public, certificate', path: '/public/{lang}/certificate', role: 'duty-officer' },
  { name: 'public, self-test', path: '/public/{lang}/self-test', role: 'duty-officer' },
  { name: 'imports', path: 'imports', role: 'epidemiologist' },
  { name: 'auditor', path: '/', role: 'auditor' },
  { name: 'administrator', path: '/', role: 'administrator' },
  { name: 'users', path: '/admin/users', role: 'administrator' },
  { name: 'user', path: '/admin/users', role: 'administrator', first: '.data tbody a' },
  { name: 'audit', path: '/admin/audit', role: 'auditor' },
  { name: 'me', path: '/me', role: 'duty-officer' },
  { name: 'packs', path: '/packs', role: 'epidemiologist' },
  { name: 'pack', path: '/packs', role: 'epidemiologist', first: 'main tbody a' },
  { name: 'pack of an outbreak', path: 'pack', role: 'duty-officer' },
  { name: 'pack of an outbreak, preview', path: 'pack?to=covid19%2F2022-11%401', role: 'duty-officer' },
  { name: 'jurisdictions', path: '/admin/areas', role: 'administrator' },
  { name: 'jurisdictions, a branch', path: '/admin/areas', role: 'administrator', first: '.data tbody a', then: '?at=3702' },
  { name: 'not found', path: 'cases/NO-SUCH', role: 'epidemiologist', status: 404 },
];

/** Opens a page of the list ({lang} in a path is the language that the page is in), and gives back what the server answered. */
export async function open(page, { path, first, then, press }, outbreak, lang = 'en') {
  const at = path.startsWith('/') ? path.replace('{lang}', lang) : `/o/${outbreak}/${path}`;
  let answer = await page.goto(at);
  if (first) {
    const href = await page.locator(first).first().getAttribute('href');
    answer = await page.goto(new URL(href, page.url()).pathname + (then ?? ''));
  }
  if (press) [answer] = await Promise.all([page.waitForNavigation(), page.locator(press).first().click()]);
  return answer;
}
