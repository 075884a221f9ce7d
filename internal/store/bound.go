package store

import (
	"strconv"
	"strings"
)

// mostBound is how many values of a text may be bound in place of written out.
const mostBound = 600

// bound takes the lists of numbers out of a text (IN (4, 8, 15)) and binds them: a statement that is kept for its text serves every list of about the same length. Lists are filled up to a power of two
// with their last number, which changes nothing, so that few different texts are prepared. Placeholders are numbered anew as they appear; a value that stands at two places is bound twice.
// A text without such a list, or with very long ones, stays as it is.
func bound(text string, args []any) (string, []any) {
	if !listed(text) {
		return text, args
	}
	var out strings.Builder
	var all []any
	add := func(v any) {
		all = append(all, v)
		out.WriteByte('$')
		out.WriteString(strconv.Itoa(len(all)))
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return text, args
			}
			out.WriteString(text[i : i+end+2])
			i += end + 2
		case c == '$':
			n, j := 0, i+1
			for ; j < len(text) && text[j] >= '0' && text[j] <= '9'; j++ {
				n = n*10 + int(text[j]-'0')
			}
			if n < 1 || n > len(args) {
				return text, args
			}
			add(args[n-1])
			i = j
		case strings.HasPrefix(text[i:], opens):
			list, end := numbersAt(text[i+len(opens):])
			out.WriteString(opens)
			i += len(opens)
			if len(list) == 0 {
				continue
			}
			if len(all)+len(list) > mostBound {
				return text, args
			}
			for len(list)&(len(list)-1) != 0 {
				list = append(list, list[len(list)-1])
			}
			for k, v := range list {
				if k > 0 {
					out.WriteString(", ")
				}
				add(v)
			}
			i += end
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String(), all
}

const opens = "IN ("

// listed says whether a list of numbers stands in a text.
func listed(text string) bool {
	for {
		i := strings.Index(text, opens)
		if i < 0 {
			return false
		}
		text = text[i+len(opens):]
		if list, _ := numbersAt(text); len(list) > 0 {
			return true
		}
	}
}

// numbersAt reads the numbers that a text begins with, up to the bracket that closes them, and says where that stands; none where anything else stands among them.
func numbersAt(text string) (list []int64, end int) {
	for end < len(text) {
		n := end
		for n < len(text) && (text[n] >= '0' && text[n] <= '9' || n == end && text[n] == '-') {
			n++
		}
		v, err := strconv.ParseInt(text[end:n], 10, 64)
		if err != nil || n == len(text) {
			return nil, 0
		}
		list = append(list, v)
		switch {
		case text[n] == ')':
			return list, n
		case strings.HasPrefix(text[n:], ", "):
			end = n + 2
		case text[n] == ',':
			end = n + 1
		default:
			return nil, 0
		}
	}
	return nil, 0
}
