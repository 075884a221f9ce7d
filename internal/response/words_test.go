package response

import (
	"strings"
	"testing"

	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

func TestWordsAreThereForEveryRuleAndTask(t *testing.T) {
	t.Parallel()
	keys := []string{"rule." + ruleGroundless, "rule.deadline_passed"}
	for _, r := range Rules() {
		keys = append(keys, "rule."+r.Name)
	}
	for _, k := range task.Kinds() {
		keys = append(keys, "task."+string(k))
	}
	for _, lang := range []string{"en", "zh"} {
		words := Words(lang)
		for _, k := range keys {
			if words[k] == "" {
				t.Errorf("%s: no text for %s", lang, k)
			}
		}
		if len(words) != len(keys) {
			t.Errorf("%s: %d texts for %d keys", lang, len(words), len(keys))
		}
	}
}

func TestExplainGivesTheValueOfThePack(t *testing.T) {
	t.Parallel()
	p, err := protocol.Load("covid19/2022-v9")
	if err != nil {
		t.Fatal(err)
	}
	got := Explain(p, task.Because{Fact: task.FactRef{Seq: 7}, Rule: "case_confirmed", Clause: "clocks.move_case", Pack: p.Ref()})
	if got.Key != "rule.case_confirmed" || got.Clause.Value != "2" || got.Clause.Unit != "h" || !strings.HasPrefix(got.Clause.Source, "[12]") || got.Fact.Seq != 7 {
		t.Errorf("Explain = %+v", got)
	}
}

func TestEveryFactIsAnsweredByOneRule(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, r := range Rules() {
		if r.forCase == nil && r.forContact == nil && r.withChildren == nil && r.forPerson == nil && r.forTube == nil && r.forLab == nil && r.forBeds == nil && r.forHouse == nil && r.forZone == nil && r.forAssistance == nil {
			t.Errorf("rule %s has no function", r.Name)
		}
		for _, k := range r.On {
			if other, twice := seen[string(k)]; twice {
				t.Errorf("%s is answered by %s and by %s", k, other, r.Name)
			}
			seen[string(k)] = r.Name
		}
	}
}
