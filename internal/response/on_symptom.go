package response

import (
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
)

// onSymptom answers: a contact has, or may have, a symptom.
//
//  1. A specimen is due by the pack's clock.
//  2. One who is an asymptomatic case by now is a confirmed one, where the edition counts them apart.
//  3. Where the pack says so, they are a suspected case before any test, unless a negative taken since the symptom says
//     otherwise.
func onSymptom(a ask, f ContactFacts) []Action {
	u := frame(a, &f)
	on := symptomDay(&f, &u)
	out := a.standContact(f)
	if b := f.Became; b != nil && !on.IsZero() && b.Class == cases.Asymptomatic && a.p.Cases.AsymptomaticApart.Value {
		return append(out, Confirm{Case: b.ID, Class: cases.Confirmed, Onset: on, At: b.ConfirmedAt, Because: a.because(a.p.Cases.AsymptomaticApart.Path)})
	}
	suspect := a.p.Cases.SuspectBySymptom
	if on.IsZero() || !suspect.Value || f.Contact.State.Over() && f.Contact.State != contact.Released || groundless(&f) {
		return out
	}
	for _, s := range f.Specimens {
		if s.Result == lab.Negative && !s.TakenAt.Before(on.Start(u.loc)) {
			return out
		}
	}
	at := symptomAt(&f, on, u.loc)
	return append([]Action{OpenCase{Contact: f.Contact.ID, Class: cases.Suspected, At: at, Found: found(&f, at), Because: a.because(suspect.Path)}}, out...)
}
