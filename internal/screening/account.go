package screening

// Tally is where the tubes of a round are. Registered = Loose + Moving + Waiting + Negative + Positive + Failed + NeverCame.
type Tally struct {
	Registered int64 `json:"registered"`
	Samples    int64 `json:"samples"`  // swabs in them
	Packed     int64 `json:"packed"`   // in a box, wherever it is now
	Received   int64 `json:"received"` // by a laboratory

	Loose     int64 `json:"loose"`      // in no box yet
	Moving    int64 `json:"moving"`     // packed, on their way to a laboratory
	Waiting   int64 `json:"waiting"`    // at a laboratory, without a result
	Negative  int64 `json:"negative"`   // these three are of tubes that a laboratory took in
	Positive  int64 `json:"positive"`   //
	Failed    int64 `json:"failed"`     // inconclusive, invalid, lost or leaked
	NeverCame int64 `json:"never_came"` // lost or leaked before a laboratory took them in, or reported without that

	Aside     int64 `json:"aside"`      // not taken when they were sent, and not among Registered
	AsideOpen int64 `json:"aside_open"` // of these, not settled by anybody yet
}

// Account is what became of everybody who was due in a round, and of every tube. Due = Sampled + Exempt + Refused + Missing.
type Account struct {
	Due      int64 `json:"due"`
	Sampled  int64 `json:"sampled"`
	Exempt   int64 `json:"exempt"`
	Refused  int64 `json:"refused"`
	Missing  int64 `json:"missing"`
	DeskOnly int64 `json:"desk_only"` // among Due and Sampled: people whom no register knows
	Tubes    Tally `json:"tubes"`
}

// LooseEnd is one kind of thing that an account does not explain.
type LooseEnd struct {
	Kind string `json:"kind"` // missing, loose, moving, waiting, failed, never_came, aside or sum
	N    int64  `json:"n"`
}

// LooseEnds lists what is left open, in the order of the way that a tube takes; none where everything is explained. A round with loose ends can be signed, with a word on
// them.
func (a Account) LooseEnds() []LooseEnd {
	t := a.Tubes
	var out []LooseEnd
	for _, e := range []LooseEnd{{"missing", a.Missing}, {"aside", t.AsideOpen}, {"loose", t.Loose}, {"moving", t.Moving}, {"waiting", t.Waiting}, {"failed", t.Failed}, {"never_came", t.NeverCame},
		// What must hold of any account; where it does not, something is wrong with the program and nobody should sign in silence.
		{"sum", abs(a.Due-a.Sampled-a.Exempt-a.Refused-a.Missing) + abs(t.Registered-t.Loose-t.Moving-t.Waiting-t.Negative-t.Positive-t.Failed-t.NeverCame)}} {
		if e.N > 0 {
			out = append(out, e)
		}
	}
	return out
}

func abs(n int64) int64 { return max(n, -n) }
