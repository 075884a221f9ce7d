package api

import (
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Cluster is cases that are believed to share one exposure.
type Cluster struct {
	ID       int64             `json:"id"`
	Code     string            `json:"code"`
	State    string            `json:"state" enum:"open,closed"`
	Version  int64             `json:"version"`
	Fields   map[string]string `json:"fields" doc:"name, kind, setting, area, first_day, last_day, exposed, note"`
	Members  int64             `json:"members" doc:"Cases that belong to it, whatever their class; those beyond the caller's areas too."`
	Counted  int64             `json:"counted" doc:"Of these, those confirmed, asymptomatic or probable: they count in the attack rate."`
	Rate     *cluster.Rate     `json:"attack_rate,omitempty" doc:"Counted among those exposed, with the 95 % Wilson score interval; left out where the number exposed is unknown or too small."`
	OpenedAt *time.Time        `json:"opened_at,omitempty"`
	ClosedAt *time.Time        `json:"closed_at,omitempty"`
	Reason   string            `json:"reason,omitempty" doc:"Of the last closing or reopening."`
	Cases    []Member          `json:"cases,omitempty" doc:"Those that the caller may read; only where one cluster is asked for."`
}

// Member is a case of a cluster.
type Member struct {
	ID      int64      `json:"id"`
	Code    string     `json:"code"`
	AddedAt *time.Time `json:"added_at,omitempty"`
	AddedBy string     `json:"added_by"`
}

// Clusters is a page, the newest first.
type Clusters struct {
	Items []Cluster `json:"items"`
	Next  string    `json:"next,omitempty"`
}

// NewCluster opens a cluster.
type NewCluster struct {
	Code   string            `json:"code,omitempty" maxLength:"40" doc:"Unique in the outbreak; made up where it is left out."`
	Fields map[string]string `json:"fields" doc:"name and kind (household, school, workplace, care_home, hospital, transport, event, shop, other) are needed; setting, area (code), first_day, last_day, exposed (people), note."`
	Cases  []string          `json:"cases,omitempty" maxItems:"10000" doc:"Codes of its first cases."`
}

// ClusterCases adds cases to a cluster.
type ClusterCases struct {
	Cases []string `json:"cases" minItems:"1" maxItems:"10000" doc:"Codes; all are added, or none."`
}

// ClusterLeft takes a case out of a cluster.
type ClusterLeft struct {
	Case   string `json:"case" maxLength:"200" doc:"Code."`
	Reason string `json:"reason" maxLength:"2000"`
}

// ClusterState closes a cluster or opens it again.
type ClusterState struct {
	Version int64  `json:"version"`
	State   string `json:"state" enum:"open,closed"`
	Reason  string `json:"reason" maxLength:"2000"`
}

// ClustersFromField gathers cases into clusters by a field of their own.
type ClustersFromField struct {
	Field string `json:"field" maxLength:"200" doc:"An outbreak's own field, such as the cluster of an imported line list."`
	Kind  string `json:"kind,omitempty" doc:"Of the clusters that it opens; other where it is left out."`
}

func (in *inside) clusterView(k store.ClusterCount) Cluster {
	fields := command.ClusterFields(k.Cluster, in.loc, in.tree)
	out := Cluster{ID: int64(k.ID), Code: k.Code, State: string(k.State), Version: k.Version, Fields: fields, Members: k.Members, Counted: k.Counted, OpenedAt: clock(k.OpenedAt), ClosedAt: clock(k.ClosedAt), Reason: k.Reason}
	if r, ok := cluster.AttackRate(k.Counted, k.Exposed); ok {
		out.Rate = &r
	}
	return out
}

// oneCluster is a cluster with its cases, for a caller who may do the action where it lies.
func (c *call) oneCluster(action auth.Action, id int64) (out Cluster, err error) {
	var k store.ClusterCount
	err = c.record(action, "cluster", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		k, err = r.Cluster(cluster.ID(id))
		return k.Outbreak, k.Area, err
	}, func(in *inside) error {
		out = in.clusterView(k)
		list, err := in.ClusterMembers(k.ID)
		if err != nil {
			return err
		}
		var ids []cases.ID
		for _, m := range list {
			ids = append(ids, m.Case)
		}
		known, err := in.CasesByID(ids)
		if err != nil {
			return err
		}
		seen := map[cases.ID]bool{}
		out.Cases = []Member{}
		for _, m := range list {
			one, there := known[m.Case]
			if !there || !m.Stands() || seen[m.Case] {
				continue
			}
			seen[m.Case] = true
			ok, err := in.sees(one.Area)
			if err != nil {
				return err
			}
			if ok {
				out.Cases = append(out.Cases, Member{int64(one.ID), one.Code, clock(m.AddedAt), m.AddedBy})
			}
		}
		return nil
	})
	return out, err
}

func (s *server) clusters() {
	type list struct {
		Listed
		State string `query:"state" enum:"open,closed"`
		Kind  string `query:"kind" doc:"household, school, workplace, care_home, hospital, transport, event, shop or other"`
	}
	operation(s, "list-clusters", http.MethodGet, "/api/outbreaks/{outbreak}/clusters", "List clusters, the newest first", 200, func(c *call, in *list) (out Clusters, err error) {
		f := store.ClusterFilter{State: cluster.State(in.State), Kind: cluster.Kind(in.Kind)}
		if in.Kind != "" {
			if _, err := cluster.ParseKind(in.Kind); err != nil {
				return out, &command.Invalid{Field: "query.kind", Value: in.Kind, Reason: cluster.ErrKind.Error()}
			}
		}
		if in.Cursor != "" {
			n, err := strconv.ParseInt(in.Cursor, 36, 64)
			if err != nil {
				return out, store.ErrCursor
			}
			f.Before = cluster.ID(n)
		}
		out.Items = []Cluster{}
		return out, c.view(auth.CaseRead, in.Outbreak, in.Area, func(v *inside) error {
			f.Outbreak, f.Within = v.o.ID, v.within
			page, err := v.ClusterList(f, in.Limit+1)
			if err != nil {
				return err
			}
			if len(page) > in.Limit {
				page = page[:in.Limit]
				out.Next = strconv.FormatInt(int64(page[in.Limit-1].ID), 36)
			}
			for _, k := range page {
				out.Items = append(out.Items, v.clusterView(k))
			}
			return nil
		})
	})
	operation(s, "get-cluster", http.MethodGet, "/api/clusters/{id}", "A cluster with its cases", 200, func(c *call, in *Record) (Cluster, error) {
		return c.oneCluster(auth.CaseRead, in.ID)
	})
	type open struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewCluster
	}
	operation(s, "open-cluster", http.MethodPost, "/api/outbreaks/{outbreak}/clusters", "Say that some cases are believed to share one exposure", 201, func(c *call, in *open) (out Cluster, err error) {
		k, err := c.o.Commands.OpenCluster(c.ctx, c.by(), command.OpenCluster{Outbreak: in.Outbreak, Code: in.Body.Code, Fields: in.Body.Fields, Cases: in.Body.Cases})
		if err != nil {
			return out, err
		}
		return c.oneCluster(auth.CaseWrite, int64(k.ID))
	})
	type gather struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     ClustersFromField
	}
	operation(s, "clusters-from-field", http.MethodPost, "/api/outbreaks/{outbreak}/clusters/from-field", "Open a cluster for each value of a field of the cases, with those cases; again adds only what is new", 200, func(c *call, in *gather) (command.FromField, error) {
		return c.o.Commands.ClustersFromField(c.ctx, c.by(), command.ClustersFromField{Outbreak: in.Outbreak, Field: in.Body.Field, Kind: cluster.Kind(in.Body.Kind)})
	})
	s.changeClusters()
}

// changeClusters are the changes of one cluster.
func (s *server) changeClusters() {
	// A cluster beyond the caller's areas is not there, whatever the order would say.
	change := func(c *call, id int64, order func() error) (out Cluster, err error) {
		if out, err = c.oneCluster(auth.CaseWrite, id); err != nil {
			return out, err
		}
		if err := order(); err != nil {
			return out, err
		}
		return c.oneCluster(auth.CaseWrite, id)
	}
	type correct struct {
		Record
		Body Correction
	}
	operation(s, "correct-cluster", http.MethodPatch, "/api/clusters/{id}", "Correct a cluster; 409 where somebody else was first", 200, func(c *call, in *correct) (Cluster, error) {
		c.fields = command.ClusterFieldNames()
		return change(c, in.ID, func() error {
			_, err := c.o.Commands.CorrectCluster(c.ctx, c.by(), command.CorrectCluster{Cluster: cluster.ID(in.ID), Version: in.Body.Version, Fields: in.Body.Fields, Reason: in.Body.Reason})
			return err
		})
	})
	type join struct {
		Record
		Body ClusterCases
	}
	operation(s, "join-cluster", http.MethodPost, "/api/clusters/{id}/cases", "Say that cases belong to a cluster", 200, func(c *call, in *join) (Cluster, error) {
		return change(c, in.ID, func() error {
			_, err := c.o.Commands.JoinCluster(c.ctx, c.by(), command.JoinCluster{Cluster: cluster.ID(in.ID), Cases: in.Body.Cases})
			return err
		})
	})
	type leave struct {
		Record
		Body ClusterLeft
	}
	operation(s, "leave-cluster", http.MethodPost, "/api/clusters/{id}/leave", "Say that a case does not belong to a cluster after all", 200, func(c *call, in *leave) (Cluster, error) {
		return change(c, in.ID, func() error {
			return c.o.Commands.LeaveCluster(c.ctx, c.by(), command.LeaveCluster{Cluster: cluster.ID(in.ID), Case: in.Body.Case, Reason: in.Body.Reason})
		})
	})
	type state struct {
		Record
		Body ClusterState
	}
	operation(s, "set-cluster-state", http.MethodPost, "/api/clusters/{id}/state", "Close a cluster, or open it again", 200, func(c *call, in *state) (Cluster, error) {
		return change(c, in.ID, func() error {
			_, err := c.o.Commands.SetClusterState(c.ctx, c.by(), command.SetClusterState{Cluster: cluster.ID(in.ID), Version: in.Body.Version, State: cluster.State(in.Body.State), Reason: in.Body.Reason})
			return err
		})
	})
}
