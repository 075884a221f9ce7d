package whereabouts

import "context"

// Steps does what Follow does the first time, and calls after when each day has been read.
func (w *Whereabouts) Steps(ctx context.Context, after func()) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	for c := w.unread(); c != nil; c = w.unread() {
		if err := c.readDay(ctx, w); err != nil {
			return err
		}
		if err := w.follow(ctx); err != nil {
			return err
		}
		after()
	}
	return nil
}
