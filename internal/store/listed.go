package store

import (
	"math/bits"
	"strconv"
	"strings"
)

// longestListed is the longest list of numbers that is bound; longer ones are rare, and stay in the text.
const longestListed = 512

// listed binds the numbers that numbers has written into a statement, and fills each list up to a power of two with its last number: what is in it stays the same, and
// few texts are left, which are prepared once. A text without such a list, or that it cannot read, comes back as it was.
//
// It is SQLite's: there, preparing a statement that looks for a handful of rows costs more than running it. PostgreSQL plans a list by its values.
func listed(text string, args []any) (string, []any) {
	if !hasList(text) {
		return text, args
	}
	var out strings.Builder
	out.Grow(len(text))
	bound := make([]any, 0, len(args)+8)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '?':
			return text, args
		case c == '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return text, args
			}
			out.WriteString(text[i : i+end+2])
			i += end + 1
		case c == '$':
			n, j := 0, i+1
			for ; j < len(text) && isDigit(text[j]); j++ {
				n = n*10 + int(text[j]-'0')
			}
			if n == 0 || n > len(args) {
				return text, args
			}
			out.WriteByte('?')
			bound = append(bound, args[n-1])
			i = j - 1
		case c == '(' && strings.HasSuffix(text[:i], beforeList):
			list, end := listAt(text[i+1:])
			out.WriteByte('(')
			if len(list) == 0 || len(list) > longestListed {
				continue
			}
			size := 1 << bits.Len(uint(len(list)-1))
			for k := range size {
				if k > 0 {
					out.WriteByte(',')
				}
				out.WriteByte('?')
				bound = append(bound, list[min(k, len(list)-1)])
			}
			i += end
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), bound
}

// beforeList is what stands before the bracket of a list.
const beforeList = " IN "

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// hasList says whether numbers may have written a list into a text.
func hasList(text string) bool {
	for {
		_, rest, found := strings.Cut(text, beforeList+"(")
		if !found {
			return false
		}
		if rest != "" && (isDigit(rest[0]) || rest[0] == '-') {
			return true
		}
		text = rest
	}
}

// listAt reads a list of numbers up to its bracket, and says how long it is; nothing where it is none, or one that a person wrote.
func listAt(text string) (list []any, end int) {
	for {
		j := end
		for j < len(text) && (isDigit(text[j]) || text[j] == '-') {
			j++
		}
		n, err := strconv.ParseInt(text[end:j], 10, 64)
		if err != nil || j == len(text) {
			return nil, 0
		}
		list = append(list, n)
		switch text[j] {
		case ',':
			end = j + 1
		case ')':
			return list, j
		default:
			return nil, 0
		}
	}
}
