package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		field    Field
		in, want string
	}{
		{"Chinese name", FieldName, "王小明", "王小明"},
		{"spaced for print", FieldName, "王　 小明", "王小明"},
		{"Latin name", FieldName, "Anna  BEISPIEL", "annabeispiel"},
		{"transliterated, middle dot", FieldName, "阿依古丽·买买提", "阿依古丽买买提"},
		{"transliterated, bullet", FieldName, "阿依古丽•买买提", "阿依古丽买买提"},
		{"hyphen", FieldName, "Anna-Maria", "annamaria"},
		{"sharp s", FieldName, "GROẞ", "gross"},
		{"combining accent", FieldName, "E\u0301va", "éva"},
		{"invisible", FieldName, "王\u200b小\ufeff明", "王小明"},
		{"nothing", FieldName, " · ", ""},
		{"resident number", FieldDocument, "37020219900101123x", "37020219900101123X"},
		{"full width", FieldDocument, "３７０２０２１９９００１０１１２３Ｘ", "37020219900101123X"},
		{"grouped", FieldDocument, "370202 19900101-123X", "37020219900101123X"},
		{"passport", FieldDocument, "e12 345 678", "E12345678"},
		{"no number", FieldDocument, "--", ""},
		{"mobile", FieldPhone, "138 0000-0000", "13800000000"},
		{"mobile +86", FieldPhone, "＋86 (138) 0000 0000", "13800000000"},
		{"mobile 0086", FieldPhone, "008613800000000", "13800000000"},
		{"landline", FieldPhone, "0532-8000 0000", "053280000000"},
		{"abroad", FieldPhone, "+49 30 0000", "0049300000"},
		{"abroad, 00", FieldPhone, "0049 30 0000", "0049300000"},
		{"no digits", FieldPhone, "none", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Normalise(tt.field, tt.in); got != tt.want {
				t.Errorf("Normalise(%s, %q) = %q, want %q", tt.field, tt.in, got, tt.want)
			}
		})
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	k := newKeyring(t)
	v := newVault(t, k, accept)
	index := func(v *Vault, f Field, text string) Index {
		x, ok := v.Index(f, NewSecret(text))
		if !ok {
			t.Errorf("no index for %q", text)
		}
		return x
	}
	// The definition, written out.
	mac := hmac.New(sha256.New, derive(k.index[:], "firebreak vault: blind index of document", 32))
	mac.Write([]byte("37020219900101123X"))
	if got, want := index(v, FieldDocument, " 37020219900101123x"), Index(mac.Sum(nil)[:16]); got != want {
		t.Errorf("Index = %x, want %x", got, want)
	}
	seen := map[Index]Field{}
	for f := range fieldCount {
		x := index(v, f, "13800000000")
		if g, ok := seen[x]; ok {
			t.Errorf("fields %s and %s share indexes", f, g)
		}
		seen[x] = f
	}
	if index(newVault(t, newKeyring(t), accept), FieldName, "王小明") == index(v, FieldName, "王小明") {
		t.Error("two keyrings give one index")
	}
	for _, f := range []Field{-1, fieldCount} {
		if _, ok := v.Index(f, NewSecret("x")); ok {
			t.Errorf("an index for field %d", f)
		}
	}
	for _, text := range []string{"", " ", "·"} {
		if _, ok := v.Index(FieldName, NewSecret(text)); ok {
			t.Errorf("an index for %q", text)
		}
	}
}

func TestNormaliseIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]Field{FieldName, FieldDocument, FieldPhone}).Draw(t, "field")
		in := rapid.String().Draw(t, "in")
		once := Normalise(f, in)
		if twice := Normalise(f, once); twice != once {
			t.Fatalf("%s: %q -> %q -> %q", f, in, once, twice)
		}
	})
}

func FuzzNormalise(f *testing.F) {
	f.Add("王小明 E\u0301va ＋86 ß")
	f.Fuzz(func(t *testing.T, in string) {
		for field := range fieldCount {
			once := Normalise(field, in)
			if twice := Normalise(field, once); twice != once {
				t.Fatalf("%s: %q -> %q -> %q", field, in, once, twice)
			}
		}
	})
}

// The pooled hash states do not run into each other.
func TestIndexConcurrently(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	want, _ := v.Index(FieldName, NewSecret("王小明"))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for range 200 {
				v.Index(FieldName, NewSecret(string(rune('a'+g))))
				if got, _ := v.Index(FieldName, NewSecret("王小明")); got != want {
					t.Errorf("Index = %x, want %x", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
