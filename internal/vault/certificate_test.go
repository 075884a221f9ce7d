package vault

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCertificateCode: a code is read back as what it was made of, however it is typed; a changed one is nobody's, nor is one of another vault.
func TestCertificateCode(t *testing.T) {
	t.Parallel()
	v, other := &Vault{certificates: newCertifier([]byte("one root of thirty-two bytes....."), "certificate"), checks: newCertifier([]byte("one root of thirty-two bytes....."), "check link")}, &Vault{certificates: newCertifier([]byte("another root of thirty-two bytes.."), "certificate")}
	rapid.Check(t, func(t *rapid.T) {
		id, n := rapid.Int64Range(1, 1<<40-1).Draw(t, "restriction"), rapid.IntRange(1, 1<<10-1).Draw(t, "version")
		code := v.CertificateCode(id, n)
		if len(code) != 23 || strings.Count(code, "-") != 3 {
			t.Fatalf("code %q", code)
		}
		for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(strings.ReplaceAll(code, "0", "o"), "1", "l")} {
			if gotID, gotN, ok := v.ReadCertificateCode(typed); !ok || gotID != id || gotN != n {
				t.Fatalf("%q is read as %d, %d, %v; want %d, %d", typed, gotID, gotN, ok, id, n)
			}
		}
		if _, _, ok := other.ReadCertificateCode(code); ok {
			t.Fatal("another vault takes it for its own")
		}
		if _, _, ok := v.ReadCheckCode(code); ok {
			t.Fatal("the code of a certificate is taken for that of a check link")
		}
		link := v.CheckCode(id, n)
		if gotID, gotN, ok := v.ReadCheckCode(strings.ToLower(link)); !ok || gotID != id || gotN != n {
			t.Fatalf("check link %q is read as %d, %d, %v; want %d, %d", link, gotID, gotN, ok, id, n)
		}
		if _, _, ok := v.ReadCertificateCode(link); ok {
			t.Fatal("the code of a check link is taken for that of a certificate")
		}
		plain := strings.ReplaceAll(code, "-", "")
		at := rapid.IntRange(0, len(plain)-1).Draw(t, "at")
		digit := rapid.SampledFrom([]byte(codeDigits)).Draw(t, "digit")
		if plain[at] == digit {
			return
		}
		if _, _, ok := v.ReadCertificateCode(plain[:at] + string(digit) + plain[at+1:]); ok {
			t.Fatal("a mistyped code is taken for one")
		}
	})
	for _, x := range []struct {
		id int64
		n  int
	}{{0, 1}, {-1, 1}, {1, 0}, {1 << 40, 1}, {1, 1 << 10}} {
		if code := v.CertificateCode(x.id, x.n); code != "" {
			t.Errorf("%d, %d has the code %q", x.id, x.n, code)
		}
	}
	for _, bad := range []string{"", "K7Q2M-4XD9R", strings.Repeat("0", 21), strings.Repeat("0", 20), strings.Repeat("*", 20), "名" + strings.Repeat("0", 18)} {
		if _, _, ok := v.ReadCertificateCode(bad); ok {
			t.Errorf("%q is taken for a code", bad)
		}
	}
}
