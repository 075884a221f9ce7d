package auth

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/place"
	"firebreak/internal/task"
)

var noon = time.Date(2022, 3, 12, 12, 0, 0, 0, time.UTC)

func TestMay(t *testing.T) {
	t.Parallel()
	const nation, province, city, district, other place.AreaID = 1, 10, 100, 1000, 2000
	inDistrict := []place.AreaID{district, city, province, nation}
	inOther := []place.AreaID{other, city, province, nation}
	holds := func(gs ...Grant) Actor { return Actor{UserID: 7, Grants: gs} }
	withToken := func(a Actor, scopes ...Action) Actor {
		a.Token = &TokenUse{ID: 1, Scopes: scopes}
		return a
	}
	epi := Grant{Role: RoleEpidemiologist, Area: district}
	tests := []struct {
		name    string
		actor   Actor
		action  Action
		path    []place.AreaID
		purpose Purpose
		want    Denial
	}{
		{"own district", holds(epi), CaseRead, inDistrict, PurposeCaseInvestigation, NotDenied},
		{"grant on the city reaches down", holds(Grant{Role: RoleEpidemiologist, Area: city}), NameRead, inOther, PurposeContactTracing, NotDenied},
		{"grant on the district does not reach up", holds(epi), CaseRead, []place.AreaID{city, province, nation}, PurposeCaseInvestigation, DeniedArea},
		{"nor sideways", holds(epi), CaseRead, inOther, PurposeCaseInvestigation, DeniedArea},
		{"a thing of no area", holds(epi), CaseRead, nil, PurposeCaseInvestigation, DeniedArea},
		{"a grant over no area does not reach what has no area", holds(Grant{Role: RoleEpidemiologist}), CaseRead, []place.AreaID{0}, PurposeCaseInvestigation, DeniedArea},
		{"no grant", holds(), CaseRead, inDistrict, PurposeCaseInvestigation, DeniedAction},
		{"unknown role", holds(Grant{Role: "king", Area: nation}), CaseRead, inDistrict, PurposeCommand, DeniedAction},
		{"unknown action", holds(epi), "case.burn", inDistrict, PurposeCaseInvestigation, DeniedAction},
		{"no purpose stated", holds(epi), CaseRead, inDistrict, "", DeniedNoPurpose},
		{"another's purpose", holds(epi), CaseRead, inDistrict, PurposeAudit, DeniedPurpose},
		{"counts need no purpose", holds(epi), RollupRead, inDistrict, "", NotDenied},
		{"a stated purpose is checked even where none is needed", holds(epi), RollupRead, inDistrict, PurposeAudit, DeniedPurpose},
		{"ended grant", holds(Grant{Role: RoleEpidemiologist, Area: district, Until: noon}), CaseRead, inDistrict, PurposeCaseInvestigation, DeniedExpired},
		{"grant in its last microsecond", holds(Grant{Role: RoleEpidemiologist, Area: district, Until: noon.Add(time.Microsecond)}), CaseRead, inDistrict, PurposeCaseInvestigation, NotDenied},
		{"administrator sees no case", holds(Grant{Role: RoleAdministrator, Area: nation}), CaseRead, inDistrict, PurposeAdministration, DeniedAction},
		{"administrator opens no name", holds(Grant{Role: RoleAdministrator, Area: nation}), NameRead, inDistrict, PurposeAdministration, DeniedAction},
		{"higher level sees counts", holds(Grant{Role: RoleHigherLevelViewer, Area: nation}), RollupRead, inDistrict, PurposeCommand, NotDenied},
		{"higher level sees no row", holds(Grant{Role: RoleHigherLevelViewer, Area: nation}), CaseRead, inDistrict, PurposeCommand, DeniedAction},
		{"token for it", withToken(holds(epi), CaseRead), CaseRead, inDistrict, PurposeCaseInvestigation, NotDenied},
		{"token for something else", withToken(holds(epi), ContactRead), CaseRead, inDistrict, PurposeCaseInvestigation, DeniedScope},
		{"token gives nothing the grants do not", withToken(holds(epi), UserAdmin), UserAdmin, inDistrict, "", DeniedAction},
		{"token without scopes", withToken(holds(epi)), CaseRead, inDistrict, PurposeCaseInvestigation, DeniedScope},
		{"two roles do not mix: the purpose of one, the action of the other",
			holds(Grant{Role: RoleAuditor, Area: nation}, epi), CaseRead, inDistrict, PurposeAudit, DeniedPurpose},
		{"second grant allows", holds(Grant{Role: RoleDriver, Area: other}, epi), CaseRead, inDistrict, PurposeCaseInvestigation, NotDenied},
		{"the nearest miss is named", holds(Grant{Role: RoleDriver, Area: district}, epi), CaseRead, inOther, PurposeCaseInvestigation, DeniedArea},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := May(tt.actor, tt.action, tt.path, tt.purpose, noon)
			if got.Denial != tt.want || got.Allowed != (tt.want == NotDenied) {
				t.Errorf("May = %+v, want denial %d", got, tt.want)
			}
			if got.Reason == "" {
				t.Error("a decision without a reason")
			}
		})
	}
}

// tree draws a random tree as parent indexes: parent[i] < i, parent[0] = -1.
func tree(t *rapid.T) []int {
	n := rapid.IntRange(1, 40).Draw(t, "areas")
	parent := make([]int, n)
	parent[0] = -1
	for i := 1; i < n; i++ {
		parent[i] = rapid.IntRange(0, i-1).Draw(t, "parent")
	}
	return parent
}

func pathOf(parent []int, i int) []place.AreaID {
	var path []place.AreaID
	for ; i >= 0; i = parent[i] {
		path = append(path, place.AreaID(i+1))
	}
	return path
}

func actorOn(t *rapid.T, areas int) Actor {
	grant := rapid.Custom(func(t *rapid.T) Grant {
		return Grant{
			Role:  rapid.SampledFrom(append(Roles(), "unknown")).Draw(t, "role"),
			Area:  place.AreaID(rapid.IntRange(0, areas+2).Draw(t, "area")), // zero and two more are not in the tree
			Until: rapid.SampledFrom([]time.Time{{}, noon.Add(-time.Hour), noon, noon.Add(time.Hour)}).Draw(t, "until"),
		}
	})
	a := Actor{UserID: 1, Grants: rapid.SliceOfN(grant, 0, 6).Draw(t, "grants")}
	if rapid.Bool().Draw(t, "by token") {
		a.Token = &TokenUse{Scopes: rapid.SliceOf(rapid.SampledFrom(Actions())).Draw(t, "scopes")}
	}
	return a
}

// The list a caller sees and the single decision agree in every area: what a
// query leaves out is exactly what May refuses.
func TestScopeEqualsMay(t *testing.T) {
	t.Parallel()
	allowed := 0
	rapid.Check(t, func(t *rapid.T) {
		parent := tree(t)
		actor := actorOn(t, len(parent))
		purpose := rapid.SampledFrom(append(Purposes(), "", "unknown")).Draw(t, "purpose")
		for _, action := range append(Actions(), "unknown") {
			scope := ScopeOf(actor, action, purpose, noon)
			if !slices.IsSorted(scope.Roots) {
				t.Fatalf("roots not sorted: %v", scope.Roots)
			}
			for i := range parent {
				path := pathOf(parent, i)
				may := May(actor, action, path, purpose, noon)
				if may.Allowed != scope.Contains(path) {
					t.Fatalf("%s in %v for %q: May %v (%s), scope %v", action, path, purpose, may.Allowed, may.Reason, scope.Roots)
				}
				if may.Allowed {
					allowed++
				}
				// The tree is told apart from its naming: order of the path is of no account.
				slices.Reverse(path)
				if again := May(actor, action, path, purpose, noon); again.Allowed != may.Allowed {
					t.Fatalf("%s in %v: the order of the path changed the decision", action, path)
				}
			}
			if scope.Contains(nil) {
				t.Fatal("a thing of no area is in a scope")
			}
		}
	})
	if allowed == 0 && !testing.Short() { // -short tries too few to be sure of one
		t.Error("the property never met an allowed case: it proves nothing")
	}
}

// A token can only take away, and an area allowed stays allowed further down.
func TestMayIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parent := tree(t)
		actor := actorOn(t, len(parent))
		action := rapid.SampledFrom(Actions()).Draw(t, "action")
		purpose := rapid.SampledFrom(Purposes()).Draw(t, "purpose")
		free := actor
		free.Token = nil
		for i := range parent {
			may := May(actor, action, pathOf(parent, i), purpose, noon).Allowed
			if may && !May(free, action, pathOf(parent, i), purpose, noon).Allowed {
				t.Fatal("the token added a right")
			}
			if i > 0 && May(actor, action, pathOf(parent, parent[i]), purpose, noon).Allowed && !may {
				t.Fatal("allowed above, refused below")
			}
		}
	})
}

func TestRoleTable(t *testing.T) {
	t.Parallel()
	if got, want := len(Roles()), 18; got != want {
		t.Errorf("%d roles, want %d", got, want)
	}
	held := map[Action]bool{}
	for i, r := range rules {
		if slices.ContainsFunc(rules[:i], func(o rule) bool { return o.role == r.role }) {
			t.Errorf("role %s is listed twice", r.role)
		}
		if r.title.en == "" || r.title.zh == "" || r.role.Title(English) == r.role.Title(Chinese) {
			t.Errorf("role %s has no title in both languages", r.role)
		}
		if len(r.purposes) == 0 || len(r.actions) == 0 {
			t.Errorf("role %s has no purpose or no action", r.role)
		}
		for j, a := range r.actions {
			held[a] = true
			if !a.Valid() || slices.Contains(r.actions[:j], a) {
				t.Errorf("role %s: action %s is unknown or twice there", r.role, a)
			}
		}
		for _, p := range r.purposes {
			if !p.Valid() {
				t.Errorf("role %s: unknown purpose %s", r.role, p)
			}
		}
		for _, write := range r.actions { // who may change a record may see it
			noun, verb, _ := strings.Cut(string(write), ".")
			read := Action(noun + ".read")
			if verb == "write" && read.Valid() && !slices.Contains(r.actions, read) && write != SampleWrite {
				t.Errorf("role %s may %s but not %s", r.role, write, read)
			}
		}
	}
	for _, a := range Actions() {
		if !held[a] {
			t.Errorf("no role may %s", a)
		}
	}
	if n := len(Titles(Chinese)); n != len(rules)+len(purposes) {
		t.Errorf("%d titles, want one for each of %d roles and %d purposes", n, len(rules), len(purposes))
	}
}

// Whoever owns a task by role can be given that role.
func TestTaskOwnersAreRoles(t *testing.T) {
	t.Parallel()
	for _, owner := range []task.Role{task.Investigator, task.FollowUpOfficer, task.TransferDesk, task.Hospital,
		task.SamplingTeam, task.CommandPost, task.ReportingClinic, task.QuarantineManager} {
		r := ruleOf(Role(owner))
		if r == nil || !slices.Contains(r.actions, TaskComplete) {
			t.Errorf("task owner %q is no role that may complete a task", owner)
		}
	}
}

func TestPurposesFor(t *testing.T) {
	t.Parallel()
	a := Actor{Grants: []Grant{{Role: RoleEpidemiologist, Area: 1}, {Role: RoleAuditor, Area: 1}}}
	if got, want := PurposesFor(a, NameRead, noon), []Purpose{PurposeCaseInvestigation, PurposeContactTracing}; !slices.Equal(got, want) {
		t.Errorf("PurposesFor(name.read) = %v, want %v", got, want)
	}
	if !MayAnywhere(a, AuditRead, "", noon) || MayAnywhere(a, UserAdmin, "", noon) || MayAnywhere(a, CaseRead, PurposeAudit, noon) {
		t.Error("MayAnywhere disagrees with the grants")
	}
}
