package vault

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/person"
)

func TestPersonCodeIsReadBack(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	rapid.Check(t, func(t *rapid.T) {
		p := person.ID(rapid.Int64Range(1, 1<<32-1).Draw(t, "person"))
		code := v.PersonCode(p)
		if len(code) != 11 || code[5] != '-' {
			t.Fatalf("code %q", code)
		}
		for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.NewReplacer("0", "O", "1", "l").Replace(code)} {
			if got, ok := v.ReadPersonCode(typed); !ok || got != p {
				t.Fatalf("%q gives %d, %v; want %d", typed, got, ok, p)
			}
		}
	})
}

// One wrong character is nobody's code, or, rarely, another's; never the same person's.
func TestPersonCodeMistyped(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	taken := 0
	for p := person.ID(1); p <= 200; p++ {
		code := strings.ReplaceAll(v.PersonCode(p), "-", "")
		for i := range code {
			for _, d := range codeDigits {
				wrong := code[:i] + string(d) + code[i+1:]
				if got, ok := v.ReadPersonCode(wrong); wrong != code && ok {
					taken++
					if got == p {
						t.Fatalf("%s and %s are both person %d's", code, wrong, p)
					}
				}
			}
		}
	}
	if taken > 5 { // 62,000 tries, one in 262,144 of which is taken
		t.Errorf("%d mistyped codes were taken for somebody's", taken)
	}
}

func TestPersonCodeNobodys(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	for _, code := range []string{"", "-", "K7Q2M-4XD9", "K7Q2M-4XD9RR", "K7Q2M_4XD9R", "K7Q2M-4XD9U", strings.Repeat("é", 10)} {
		if p, ok := v.ReadPersonCode(code); ok {
			t.Errorf("%q is person %d's", code, p)
		}
	}
	if v.PersonCode(0) != "" || v.PersonCode(-1) != "" || v.PersonCode(1<<32) != "" {
		t.Error("a code for a number that no person has")
	}
}

func BenchmarkReadPersonCode(b *testing.B) {
	v := newVault(b, newKeyring(b), accept)
	code := v.PersonCode(1234567)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := v.ReadPersonCode(code); !ok {
			b.Fatal("not read")
		}
	}
}
