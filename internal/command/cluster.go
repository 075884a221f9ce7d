package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// clusterFields are the fields of a cluster that people fill in; see fields.go.
var clusterFields = []field[cluster.Cluster]{
	textField("name", func(k *cluster.Cluster) *string { return &k.Name }),
	wordField("kind", func(k *cluster.Cluster) *cluster.Kind { return &k.Kind }, cluster.ParseKind),
	textField("setting", func(k *cluster.Cluster) *string { return &k.Setting }),
	areaField("area", func(k *cluster.Cluster) (a, d *place.AreaID) { return &k.Area, &k.District }),
	dayField("first_day", func(k *cluster.Cluster) *day.Day { return &k.First }),
	dayField("last_day", func(k *cluster.Cluster) *day.Day { return &k.Last }),
	{"exposed",
		func(k *cluster.Cluster, _ reading) string {
			if k.Exposed == 0 {
				return ""
			}
			return strconv.FormatInt(k.Exposed, 10)
		},
		func(k *cluster.Cluster, _ reading, s string) error {
			const most = 1_000_000_000
			if s == "" {
				k.Exposed = 0
				return nil
			}
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n < 1 || n > most {
				return &Invalid{"exposed", s, "is not a number of people"}
			}
			k.Exposed = n
			return nil
		}},
	textField("note", func(k *cluster.Cluster) *string { return &k.Note }),
}

// ClusterFieldNames returns the names of the fields of a cluster, in the order of the form.
func ClusterFieldNames() []string { return names(clusterFields) }

func onCluster(id cluster.ID) task.Subject { return task.Subject{Kind: task.OnCluster, ID: int64(id)} }

// OpenCluster says that some cases are believed to share one exposure.
type OpenCluster struct {
	Outbreak string
	Code     string            // unique in the outbreak; made up when empty
	Fields   map[string]string // see clusterFields; "name" and "kind" are needed
	Cases    []string          // codes of its first cases; may be empty
}

// OpenCluster carries out the order and returns the cluster.
func (c *Commands) OpenCluster(ctx context.Context, by By, in OpenCluster) (out cluster.Cluster, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		out, err = u.openCluster(in)
		return err
	})
	return out, err
}

func (u *unit) openCluster(in OpenCluster) (k cluster.Cluster, err error) {
	k = cluster.Cluster{Outbreak: u.o.ID, Code: strings.TrimSpace(in.Code), State: cluster.Open, OpenedAt: u.now}
	if _, err := setFields(clusterFields, &k, nil, reading{u.loc, u.tree}, in.Fields); err != nil {
		return k, err
	}
	u.placeCluster(&k)
	if err := checkCluster(k, dayOf(u.now, u.loc)); err != nil {
		return k, err
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
		return k, err
	}
	if k.Code != "" {
		const most = 40
		if len(k.Code) > most || strings.ContainsAny(k.Code, "/?#%\\") {
			return k, &Invalid{"code", k.Code, "is longer than 40 bytes, or has a character that an address cannot hold"}
		}
		if _, err := u.tx.ClusterByCode(u.o.ID, k.Code); err == nil {
			return k, &Invalid{"code", k.Code, "is another cluster's"}
		} else if !errors.Is(err, store.ErrNotFound) {
			return k, err
		}
	}
	if err := u.tx.AddCluster(&k); err != nil {
		return k, err
	}
	if _, err := u.fact(journal.ClusterOpened, onCluster(k.ID), k.Area, u.now, map[string]any{"code": k.Code, "name": k.Name, "kind": k.Kind, "exposed": k.Exposed}); err != nil {
		return k, err
	}
	if _, err := u.joinCluster(k, in.Cases); err != nil || k.Exposed == 0 {
		return k, err
	}
	// Later a number may turn out wrong, and the page says so; nobody opens a cluster with one.
	now, err := u.tx.Cluster(k.ID)
	if err == nil && now.Counted > k.Exposed {
		err = fewerExposed(now)
	}
	return k, err
}

func fewerExposed(k store.ClusterCount) error {
	return &Invalid{"exposed", strconv.FormatInt(k.Exposed, 10), fmt.Sprintf("is fewer than its %d cases", k.Counted)}
}

// placeCluster puts a cluster of which nobody says where it is somewhere in the outbreak's area, for those to see who see all of that.
func (u *unit) placeCluster(k *cluster.Cluster) {
	if k.Area == 0 {
		k.Area, k.District = u.o.Area, u.tree.District(u.o.Area)
	}
}

func checkCluster(k cluster.Cluster, today day.Day) error {
	if k.Name == "" {
		return &Invalid{Field: "name", Reason: "is needed: what people call it"}
	}
	if k.Kind == "" {
		return &Invalid{Field: "kind", Reason: cluster.ErrKind.Error()}
	}
	if n, ok := day.Between(k.First, k.Last); ok && n < 0 {
		return &Invalid{"last_day", k.Last.String(), "lies before first_day"}
	}
	for _, d := range []struct {
		name string
		day  day.Day
	}{{"first_day", k.First}, {"last_day", k.Last}} {
		if d.day > today {
			return &Invalid{d.name, d.day.String(), "lies in the future"}
		}
	}
	return nil
}

// changeCluster runs fn on a cluster whose version is the one that the caller saw, then writes it and the fact.
func (c *Commands) changeCluster(ctx context.Context, by By, id cluster.ID, version int64, fn func(*unit, *store.ClusterCount) (journal.Kind, map[string]any, error)) (out cluster.Cluster, err error) {
	o, err := c.outbreakOf(ctx, onCluster(id))
	if err != nil {
		return out, err
	}
	err = c.inID(ctx, by, o, func(u *unit) error {
		k, err := u.tx.Cluster(id)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
			return err
		}
		if k.Version != version {
			return &store.Conflict{Noun: "cluster", ID: int64(id), Have: k.Version, Want: version}
		}
		was := k.Area
		kind, payload, err := fn(u, &k)
		if err != nil || kind == "" {
			out = k.Cluster
			return err
		}
		if k.Area != was {
			if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
				return err
			}
		}
		if err := u.tx.UpdateCluster(&k.Cluster); err != nil {
			return err
		}
		out = k.Cluster
		_, err = u.fact(kind, onCluster(id), k.Area, u.now, payload)
		return err
	})
	return out, err
}

// CorrectCluster changes fields of a cluster.
type CorrectCluster struct {
	Cluster cluster.ID
	Version int64 // that the caller has seen; another's change since is a store.Conflict
	Fields  map[string]string
	Reason  string
}

// CorrectCluster carries out the order and returns the cluster as it is now.
func (c *Commands) CorrectCluster(ctx context.Context, by By, in CorrectCluster) (cluster.Cluster, error) {
	return c.changeCluster(ctx, by, in.Cluster, in.Version, func(u *unit, k *store.ClusterCount) (journal.Kind, map[string]any, error) {
		changed, err := setFields(clusterFields, &k.Cluster, nil, reading{u.loc, u.tree}, in.Fields)
		if err != nil || len(changed) == 0 {
			return "", nil, err
		}
		u.placeCluster(&k.Cluster)
		if err := checkCluster(k.Cluster, dayOf(u.now, u.loc)); err != nil {
			return "", nil, err
		}
		if k.Exposed > 0 && k.Exposed < k.Counted {
			return "", nil, fewerExposed(*k)
		}
		return journal.ClusterCorrected, map[string]any{"changed": changed, "reason": in.Reason}, nil
	})
}

// SetClusterState closes a cluster that is no more looked into, or opens it again.
type SetClusterState struct {
	Cluster cluster.ID
	Version int64
	State   cluster.State
	Reason  string
}

// SetClusterState carries out the order.
func (c *Commands) SetClusterState(ctx context.Context, by By, in SetClusterState) (cluster.Cluster, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case in.State != cluster.Open && in.State != cluster.Closed:
		return cluster.Cluster{}, &Invalid{"state", string(in.State), "is open or closed"}
	case in.Reason == "":
		return cluster.Cluster{}, &Invalid{Field: "reason", Reason: "is needed"}
	}
	return c.changeCluster(ctx, by, in.Cluster, in.Version, func(u *unit, k *store.ClusterCount) (journal.Kind, map[string]any, error) {
		if k.State == in.State {
			return "", nil, nil
		}
		k.State, k.Reason, k.ClosedAt = in.State, in.Reason, u.now
		kind := journal.ClusterClosed
		if in.State == cluster.Open {
			k.ClosedAt, kind = time.Time{}, journal.ClusterReopened
		}
		return kind, map[string]any{"reason": in.Reason}, nil
	})
}

// JoinCluster says that cases belong to a cluster.
type JoinCluster struct {
	Cluster cluster.ID
	Cases   []string // codes
}

// JoinCluster carries out the order, for all of the cases or none, and returns how many were new to the cluster.
func (c *Commands) JoinCluster(ctx context.Context, by By, in JoinCluster) (added int, err error) {
	o, err := c.outbreakOf(ctx, onCluster(in.Cluster))
	if err != nil {
		return 0, err
	}
	err = c.inID(ctx, by, o, func(u *unit) error {
		k, err := u.tx.Cluster(in.Cluster)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
			return err
		}
		if k.State == cluster.Closed {
			return &Invalid{"cluster", k.Code, "is closed; open it again first"}
		}
		added, err = u.joinCluster(k.Cluster, in.Cases)
		return err
	})
	return added, err
}

// joinCluster adds those of the cases that do not belong to it yet. A case need only be one that the caller may read: a cluster reaches over districts.
func (u *unit) joinCluster(k cluster.Cluster, codes []string) (int, error) {
	if len(codes) == 0 {
		return 0, nil
	}
	if len(codes) > MostInBulk {
		return 0, &Invalid{"cases", strconv.Itoa(len(codes)), fmt.Sprintf("are more than %d at once", MostInBulk)}
	}
	members, err := u.tx.ClusterMembers(k.ID)
	if err != nil {
		return 0, err
	}
	there := make(map[cases.ID]bool, len(members))
	for _, m := range members {
		there[m.Case] = there[m.Case] || m.Stands()
	}
	var ids []cases.ID
	var added []string
	for i, code := range codes {
		code = strings.TrimSpace(code)
		wrong := func(reason string) error { return &Invalid{fmt.Sprintf("cases[%d]", i), code, reason} }
		c, err := u.tx.CaseByCode(u.o.ID, code)
		if errors.Is(err, store.ErrNotFound) {
			return 0, wrong("is not the code of a known case")
		}
		if err != nil {
			return 0, err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.CaseRead, c.Area, u.now); err != nil {
			return 0, wrong("is not the code of a known case") // whether it is there is not theirs to know
		}
		if there[c.GoesOn()] {
			continue
		}
		there[c.GoesOn()] = true
		ids, added = append(ids, c.GoesOn()), append(added, code)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	if err := u.tx.JoinCluster(k.ID, ids, u.by.Name()); err != nil {
		return 0, err
	}
	_, err = u.fact(journal.ClusterJoined, onCluster(k.ID), k.Area, u.now, map[string]any{"cases": added})
	return len(ids), err
}

// LeaveCluster says that a case does not belong to a cluster after all. That it was held to stays on record.
type LeaveCluster struct {
	Cluster cluster.ID
	Case    string // code
	Reason  string
}

// LeaveCluster carries out the order.
func (c *Commands) LeaveCluster(ctx context.Context, by By, in LeaveCluster) error {
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" {
		return &Invalid{Field: "reason", Reason: "is needed: why the case does not belong to it"}
	}
	o, err := c.outbreakOf(ctx, onCluster(in.Cluster))
	if err != nil {
		return err
	}
	return c.inID(ctx, by, o, func(u *unit) error {
		k, err := u.tx.Cluster(in.Cluster)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
			return err
		}
		// A case that is not there, is not theirs to read, or does not belong to it: told apart for nobody.
		none := fmt.Errorf("case %q in cluster %s: %w", in.Case, k.Code, store.ErrNotFound)
		there, err := u.tx.CaseByCode(u.o.ID, strings.TrimSpace(in.Case))
		if errors.Is(err, store.ErrNotFound) {
			return none
		}
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseRead, there.Area, u.now); err != nil {
			return none
		}
		was, err := u.tx.LeaveCluster(k.ID, there.GoesOn(), by.Name(), in.Reason)
		if err != nil {
			return err
		}
		if !was {
			return none
		}
		_, err = u.fact(journal.ClusterLeft, onCluster(k.ID), k.Area, u.now, map[string]any{"case": there.Code, "reason": in.Reason})
		return err
	})
}

// ClustersFromField opens a cluster for every value of an outbreak's own field of its cases, such as the "cluster" of an imported line list, and adds the cases to
// it. Several values in one field are parted by commas or semicolons. A cluster of that name is taken as it is, so that giving the order again adds only what is new.
type ClustersFromField struct {
	Outbreak string
	Field    string // without the prefix
	Kind     cluster.Kind
}

// FromField is what ClustersFromField did.
type FromField struct {
	Opened int `json:"opened"`
	Joined int `json:"joined"` // memberships that are new
}

// ClustersFromField carries out the order, in one transaction.
func (c *Commands) ClustersFromField(ctx context.Context, by By, in ClustersFromField) (out FromField, err error) {
	in.Field = strings.TrimPrefix(strings.TrimSpace(in.Field), attributePrefix)
	if in.Field == "" {
		return out, &Invalid{Field: "field", Reason: "is needed"}
	}
	if in.Kind == "" {
		in.Kind = cluster.Other
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		out = FromField{}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, u.o.Area, u.now); err != nil {
			return err
		}
		byName, order, err := u.valuesOf(in.Field)
		if err != nil {
			return err
		}
		if len(order) == 0 {
			return &Invalid{"field", in.Field, "is filled in no case"}
		}
		for _, name := range order {
			there, err := u.tx.ClusterByName(u.o.ID, name)
			if err != nil {
				return err
			}
			var k cluster.Cluster
			if there != nil {
				k = there.Cluster
			} else {
				if k, err = u.openCluster(OpenCluster{Fields: map[string]string{"name": name, "kind": string(in.Kind)}}); err != nil {
					return err
				}
				out.Opened++
			}
			for codes := range slices.Chunk(byName[name], MostInBulk) {
				n, err := u.joinCluster(k, codes)
				if err != nil {
					return err
				}
				out.Joined += n
			}
		}
		return nil
	})
	return out, err
}

// valuesOf gathers the codes of the cases by the values of a field, and the values in the order of their first case.
func (u *unit) valuesOf(field string) (codes map[string][]string, order []string, err error) {
	codes = map[string][]string{}
	err = u.tx.EachCase(u.o.ID, nil, func(c cases.Case) error {
		for _, name := range strings.FieldsFunc(c.Attributes[field], func(r rune) bool { return r == ',' || r == ';' || r == '，' || r == '；' }) {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if codes[name] == nil {
				order = append(order, name)
			}
			codes[name] = append(codes[name], c.Code)
		}
		return nil
	})
	return codes, order, err
}

// ClusterFields returns a cluster's fields as screens and the API show them.
func ClusterFields(k cluster.Cluster, loc *time.Location, tree *place.Tree) map[string]string {
	return texts(clusterFields, &k, reading{loc, tree}, nil)
}
