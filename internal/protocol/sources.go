package protocol

import (
	"fmt"
	"path"
	"strings"

	"firebreak/protocols"
)

// Sources returns what the numbers of a pack's sources stand for, "[48]" to the text of the pathogen's SOURCES.md.
func (p *Pack) Sources() (map[string]string, error) {
	text, err := protocols.Files.ReadFile(path.Dir(p.Name) + "/SOURCES.md")
	if err != nil {
		return nil, fmt.Errorf("sources of pack %s: %w", p.Ref(), err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		number, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "- "), "]")
		if ok && strings.HasPrefix(number, "[") {
			out[number+"]"] = strings.TrimSpace(rest)
		}
	}
	return out, nil
}
