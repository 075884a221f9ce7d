// Package restrictions is the list of restrictions on people, the page of one, and the notice that is printed for its person.
package restrictions

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/protocol"
	"firebreak/internal/web/ui"
)

//go:embed page.html one.html notice.html certificate.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("restrictions", files, "page.html") }

// NewOne parses the page of one.
func NewOne(k *ui.Kit) (*ui.Page, error) { return k.Page("restriction", files, "one.html") }

// NewNotice parses the notices.
func NewNotice(k *ui.Kit) (*ui.Page, error) {
	return k.Page("restriction-notice", files, "notice.html")
}

// ListView is the list, with what waits for somebody.
type ListView struct {
	Table   ui.Table
	Counts  []Count
	Appeals Appeals
	Notices string // address of the notices of this page, to print at once
}

// Count is a figure above the list, and the list of those it counts.
type Count struct {
	Label i18n.Msg
	N     int64
	Href  string
}

// Appeals are what became of appeals.
type Appeals struct {
	Filed, Open, Late, Upheld, Lifted, Lapsed int64
	Median                                    time.Duration
	Href                                      string
}

// OneView is one restriction.
type OneView struct {
	Code        string // of the person
	Kind        string // key: restriction.kind.<Kind>
	Stands      bool
	Ended       string // key: restriction.ended.<Ended>
	EndedAt     time.Time
	Until       time.Time
	Then        string // key: restriction.kind.<Then>; empty for none
	ThenAt      time.Time
	Review      time.Time // zero where it ends first
	Area        string
	Cause       string
	CauseHref   string
	ToldAt      time.Time // zero while nobody has told them anything
	ToldBy      string
	ToldHow     string // key: restriction.how.<ToldHow>
	ToTell      bool   // something they were not told
	Reviewed    time.Time
	ReviewBy    string
	OfferKind   string // key: restriction.kind.<OfferKind>; empty where there is none milder
	Offered     bool
	WhyNot      string // key: restriction.why_not.<WhyNot>
	Basis       protocol.Text
	BasisOwn    bool // named by the outbreak
	Versions    []Version
	Needs       ui.Table
	Notice      string // its address
	CheckLink   string // code of the check link; empty where they are not checked
	Certificate string // address of the certificate of release; empty for somebody who was not released
	Proposal    *Proposal

	// Forms; nil where the reader may not, or there is nothing to do.
	Tell, ReviewForm, Propose, Agree, Withdraw, Need, Appeal *ui.Form
	Meet                                                     []ui.Form
}

// Law is the basis in a language.
func (v OneView) Law(lang i18n.Lang) string { return law(v.Basis, lang) }

func law(t protocol.Text, lang i18n.Lang) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// Version is one version.
type Version struct {
	N       int
	At      time.Time
	Change  string // key: restriction.change.<Change>
	Kind    string
	Moving  bool
	Until   time.Time
	Rule    string // key: rule.<Rule>
	Clause  string
	Pack    string
	Fact    string // address of the fact; empty where the reader may not see the journal
	By      string
	Second  string
	Ground  string // key: restriction.ground.<Ground>
	Words   string
	ByHand  bool
	EndedAs string // of the last one, key: restriction.ended.<EndedAs>
}

// Proposal waits for its second person.
type Proposal struct {
	Change, Kind, Ground string
	Until, At            time.Time
	By, Words            string
}

// NoticesView is notices to print, each on a page of its own.
type NoticesView struct {
	Notices []Notice
	Back    string
}

// Notice is what one person is handed.
type Notice struct {
	Code      string // that they carry
	Kind      string // key: restriction.kind.<Kind>
	Authority string
	Until     time.Time
	Then      string
	ThenAt    time.Time
	Moving    bool
	Cause     i18n.Msg
	Law       protocol.Text
	Review    time.Time
	Offered   bool
	OfferKind string
	WhyNot    string
	Owed      []string // key: restriction.need.<Owed>
	Answer    time.Duration
	Size      int // of the QR code
	Path      string
	Href      string // of the public page
	CheckCode string // of their check link; empty where they are not checked
	CheckHref string // that its QR leads to
	CheckSize int
	CheckPath string
	Version   int
	Pack      string
}

// InLang is the law in a language.
func (n Notice) InLang(lang i18n.Lang) string { return law(n.Law, lang) }
