package hugepage

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// size is what a large page has on the processors Go knows large pages of; where it has more, the advice is for a part of one and comes to nothing.
const size = 2 << 20

// advise asks for large pages for those that lie wholly within the list, before anything is written there.
func advise[T any](s []T) {
	var one T
	bytes := uintptr(cap(s)) * unsafe.Sizeof(one)
	if bytes < 2*size {
		return
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	skip := -start & (size - 1)
	whole := (bytes - skip) &^ (size - 1)
	if whole == 0 {
		return
	}
	// The list stays what it is whatever the answer: an old kernel, or one without large pages, refuses.
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), skip)), whole), unix.MADV_HUGEPAGE)
}
