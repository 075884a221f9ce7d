// Package hugepage makes large lists for which the operating system is asked for large pages. A list of hundreds of megabytes is then there with a few
// hundred faults in place of a hundred thousand, and reading it here and there misses the processor's table of pages less often: where that is what
// takes the time, in virtual machines above all, a half to two thirds are saved. It is advice: where the system has no large pages or gives none,
// the list is the same and only slower.
package hugepage

// Make is make([]T, n). T holds no pointers: such lists the collector has to walk anyway.
func Make[T any](n int) []T {
	s := make([]T, n)
	advise(s)
	return s
}

// Room is make([]T, 0, n).
func Room[T any](n int) []T { return Make[T](n)[:0] }
