package exchange

import "strings"

// reference is one token of a cell that names other cases or events.
type reference struct {
	code string
	what referenceKind
}

type referenceKind uint8

const (
	refUnknown referenceKind = iota // neither: an address of a web page, a remark
	refCase
	refEvent
)

const defaultSplit = ",;、，；\n\r"

// readReferences cuts a cell into its tokens. It never fails: what is neither a case nor an event comes back as refUnknown.
func readReferences(dst []reference, cell string, how References) []reference {
	split := how.Split
	if split == "" {
		split = defaultSplit
	}
	rest := cell
	for rest != "" {
		i := strings.IndexAny(rest, split)
		token := rest
		if i >= 0 {
			token = rest[:i]
			rest = strings.TrimLeft(rest[i:], split)
		} else {
			rest = ""
		}
		if token = trim(token); token == "" {
			continue
		}
		dst = append(dst, reference{code: token, what: how.kindOf(token)})
	}
	return dst
}

func (how References) kindOf(token string) referenceKind {
	if how.EventPrefix != "" {
		if n, ok := strings.CutPrefix(token, how.EventPrefix); ok && isDigits(n) {
			return refEvent
		}
	}
	if how.CasePrefix != "" {
		if n, ok := strings.CutPrefix(token, how.CasePrefix); ok && isDigits(n) {
			return refCase
		}
		return refUnknown
	}
	if how.Digits && !isDigits(token) {
		return refUnknown
	}
	return refCase
}

// lessCode orders codes as people do: 9 before 10, SK_2 before SK_14.
func lessCode(a, b string) bool {
	for a != "" && b != "" {
		da, db := digitPrefix(a), digitPrefix(b)
		if da > 0 && db > 0 {
			x, y := strings.TrimLeft(a[:da], "0"), strings.TrimLeft(b[:db], "0")
			if len(x) != len(y) {
				return len(x) < len(y)
			}
			if x != y {
				return x < y
			}
			a, b = a[da:], b[db:]
			continue
		}
		if a[0] != b[0] {
			return a[0] < b[0]
		}
		a, b = a[1:], b[1:]
	}
	return len(a) < len(b)
}

func digitPrefix(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}
