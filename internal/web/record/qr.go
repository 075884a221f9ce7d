package record

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// QR draws a QR code: how many modules it has on a side, with the quiet zone of four that readers need, and the dark ones as a path.
func QR(text string) (size int, path string, err error) {
	c, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return 0, "", fmt.Errorf("draw a QR code: %w", err)
	}
	const quiet = 4
	n := c.Bounds().Dx()
	var b strings.Builder
	for y := range n {
		for x := 0; x < n; x++ {
			run := 0
			for x+run < n && dark(c.At(x+run, y)) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return n + 2*quiet, b.String(), nil
}

func dark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 1<<15
}
