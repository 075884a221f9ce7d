// Dragging a party to a vehicle asks what that would cost, as the choice and its button beside it do. Nothing changes before somebody says so on the answer.

/** @param {ParentNode} root */
export function startBoard(root) {
  const board = root.querySelector('[data-board]');
  if (!(board instanceof HTMLElement)) return;
  document.addEventListener('dragstart', (event) => {
    const row = event.target instanceof Element ? event.target.closest('[data-party]') : null;
    if (row instanceof HTMLElement) event.dataTransfer?.setData('text/x-party', row.dataset.party ?? '');
  });
  /** @param {Event} event */
  const line = (event) => (event.target instanceof Element ? event.target.closest('[data-vehicle]') : null);
  document.addEventListener('dragover', (event) => {
    const over = line(event);
    for (const each of document.querySelectorAll('[data-vehicle].over')) if (each !== over) each.classList.remove('over');
    if (!over || !event.dataTransfer?.types.includes('text/x-party')) return;
    event.preventDefault();
    over.classList.add('over');
  });
  document.addEventListener('drop', (event) => {
    const over = line(event);
    const party = event.dataTransfer?.getData('text/x-party');
    if (!(over instanceof HTMLElement) || !party) return;
    event.preventDefault();
    location.assign(`${board.dataset.board}?party=${encodeURIComponent(party)}&vehicle=${encodeURIComponent(over.dataset.vehicle ?? '')}`);
  });
}
