// The server's clock, as far as this phone knows it: a street phone's own may be minutes off, and tubes are refused for it.

/** @param {number} [offset] milliseconds that the server's clock is ahead of the phone's */
export function makeClock(offset = 0, phone = () => Date.now()) {
  return {
    get offset() { return offset; },
    now: () => phone() + offset,
    /** Learns from an answer: the server's clock was `server` at some time between asked and got. */
    learn(server, asked, got) {
      const at = Date.parse(server);
      if (!Number.isFinite(at)) return false;
      const found = at - (asked + got) / 2;
      // Half a round trip is what it cannot know; a smaller difference than that is none.
      if (Math.abs(found - offset) <= Math.max(1000, (got - asked) / 2)) return false;
      offset = Math.round(found);
      return true;
    },
  };
}

/** An instant as the server reads it. */
export const stamp = (ms) => new Date(ms).toISOString();
