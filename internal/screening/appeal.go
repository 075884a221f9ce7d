package screening

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// AppealID names an appeal.
type AppealID int64

// AppealGround is why somebody who is held disagrees.
type AppealGround string

// The grounds.
const (
	AppealNegative   AppealGround = "negative"   // a test of theirs since was negative
	AppealMistake    AppealGround = "mistake"    // they were not in the tube
	AppealCare       AppealGround = "care"       // somebody needs their care, or they need care that they cannot have there
	AppealConditions AppealGround = "conditions" // where they are held they have not what they need
	AppealOther      AppealGround = "other"
)

// AppealGrounds are all of them, in the order of the forms.
func AppealGrounds() []AppealGround {
	return []AppealGround{AppealNegative, AppealMistake, AppealCare, AppealConditions, AppealOther}
}

// Answer is what an appeal was answered.
type Answer string

// The answers.
const (
	Unanswered   Answer = ""
	AnswerUpheld Answer = "upheld" // the hold goes on, for a reason that they are told
	AnswerLifted Answer = "lifted" // they are let go: two people agreed
)

// ErrAppeal is wrapped by ParseAppealGround and ParseAnswer.
var ErrAppeal = errors.New("is none of the words")

// ParseAppealGround reads the stored word.
func ParseAppealGround(s string) (AppealGround, error) {
	switch g := AppealGround(s); g {
	case AppealNegative, AppealMistake, AppealCare, AppealConditions, AppealOther:
		return g, nil
	}
	return "", fmt.Errorf("ground %q: %w", s, ErrAppeal)
}

// ParseAnswer reads the stored word.
func ParseAnswer(s string) (Answer, error) {
	switch a := Answer(s); a {
	case Unanswered, AnswerUpheld, AnswerLifted:
		return a, nil
	}
	return "", fmt.Errorf("answer %q: %w", s, ErrAppeal)
}

// Appeal is that somebody who is held disagrees. It is about being held, whatever tubes are the reason: one appeal, one answer. It needs no answer any more when the holds have ended otherwise.
type Appeal struct {
	ID       AppealID
	Outbreak outbreak.ID
	Person   person.ID
	Area     place.AreaID
	District place.AreaID
	Ground   AppealGround
	Worded   bool // they wrote some words: they are in the vault
	FiledAt  time.Time
	FiledBy  string    // a login, or "public" for the person themselves
	Until    time.Time // when the last of the holds it is against ends at the latest: it is answered before

	// The first of the two who must agree that they are let go; zero while nobody has said so.
	SecondedAt     time.Time
	SecondedBy     string
	SecondedReason string

	Answer     Answer
	AnsweredAt time.Time
	AnsweredBy string
	Reason     string // that they are told
	Version    int64
}

// Open says whether it is to be answered, as far as the appeal itself tells.
func (a *Appeal) Open() bool { return a.Answer == Unanswered }
