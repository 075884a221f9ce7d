package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"firebreak/internal/api"
	"firebreak/internal/cluster"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type clusterCmd struct {
	List      clusterListCmd      `cmd:"" help:"List up to 1,000 clusters with their attack rates, the newest first."`
	Open      clusterOpenCmd      `cmd:"" help:"Say that some cases are believed to share one exposure."`
	Join      clusterJoinCmd      `cmd:"" help:"Say that cases belong to a cluster."`
	FromField clusterFromFieldCmd `cmd:"" help:"Open a cluster for each value of a field of the cases, such as the cluster of an imported line list."`
}

// clusterFlags are those of every one of these commands.
type clusterFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the clusters belong to."`
}

// clusterRow is a cluster as the command prints it.
type clusterRow struct {
	Code    string        `json:"code"`
	Name    string        `json:"name"`
	Kind    string        `json:"kind"`
	State   string        `json:"state"`
	Members int64         `json:"members"`
	Exposed int64         `json:"exposed,omitempty"`
	Rate    *cluster.Rate `json:"attack_rate,omitempty"`
}

type clusterListCmd struct {
	clusterFlags
}

// mostClusters is how many clusters are listed.
const mostClusters = 1000

// Run prints up to 1,000 clusters.
func (c *clusterListCmd) Run(ctx context.Context, p *process) error {
	rows := []clusterRow{}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var list api.Clusters
		if err := at.get(ctx, path("/api/outbreaks/%s/clusters", c.Outbreak), map[string][]string{"limit": {strconv.Itoa(mostClusters)}}, &list); err != nil {
			return err
		}
		for _, k := range list.Items {
			n, _ := strconv.ParseInt(k.Fields["exposed"], 10, 64) // empty where unknown
			rows = append(rows, clusterRow{k.Code, k.Fields["name"], k.Fields["kind"], k.State, k.Members, n, k.Rate})
		}
		return c.tell(p, rows)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			list, err := r.ClusterList(store.ClusterFilter{Outbreak: o.ID, Within: store.Everywhere()}, mostClusters)
			for _, k := range list {
				row := clusterRow{k.Code, k.Name, string(k.Kind), string(k.State), k.Members, k.Exposed, nil}
				if rate, ok := cluster.AttackRate(k.Counted, k.Exposed); ok {
					row.Rate = &rate
				}
				rows = append(rows, row)
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.tell(p, rows)
	})
}

func (c *clusterListCmd) tell(p *process, rows []clusterRow) error {
	if c.JSON {
		return p.writeJSON(struct {
			Clusters []clusterRow `json:"clusters"`
		}{rows})
	}
	t := newTable("code", "name", "kind", "cases", "exposed", "attack rate", "state")
	for _, k := range rows {
		exposed, rate := "", ""
		if k.Exposed > 0 {
			exposed = strconv.FormatInt(k.Exposed, 10)
		}
		if k.Rate != nil {
			rate = fmt.Sprintf("%.1f %% (%.1f to %.1f)", 100*k.Rate.Share, 100*k.Rate.Low, 100*k.Rate.High)
		}
		t.add(k.Code, k.Name, k.Kind, strconv.FormatInt(k.Members, 10), exposed, rate, k.State)
	}
	return t.write(p.Stdout)
}

type clusterOpenCmd struct {
	clusterFlags
	Name    string   `arg:"" help:"What people call it; no names of people."`
	Kind    string   `required:"" placeholder:"KIND" help:"household, school, workplace, care_home, hospital, transport, event, shop or other."`
	Case    []string `placeholder:"CODE" help:"Its first cases; may be repeated."`
	Setting string   `placeholder:"TEXT" help:"The place, as told."`
	Area    string   `placeholder:"CODE" help:"Jurisdiction that it lies in."`
	First   string   `placeholder:"DAY" help:"First day of the shared exposure."`
	Last    string   `placeholder:"DAY" help:"Its last day."`
	Exposed string   `placeholder:"N" help:"People who shared it, the cases among them."`
}

// Run opens a cluster and prints its code.
func (c *clusterOpenCmd) Run(ctx context.Context, p *process) error {
	fields := map[string]string{"name": c.Name, "kind": c.Kind, "setting": c.Setting, "area": c.Area, "first_day": c.First, "last_day": c.Last, "exposed": c.Exposed}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var out api.Cluster
		if err := at.send(ctx, http.MethodPost, path("/api/outbreaks/%s/clusters", c.Outbreak), api.NewCluster{Fields: fields, Cases: c.Case}, &out); err != nil {
			return err
		}
		return c.tell(p, out.Code)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		k, err := command.New(db, nil).OpenCluster(ctx, p.owner(), command.OpenCluster{Outbreak: c.Outbreak, Fields: fields, Cases: c.Case})
		if err != nil {
			return err
		}
		return c.tell(p, k.Code)
	})
}

func (c *clusterOpenCmd) tell(p *process, code string) error {
	if c.JSON {
		return p.writeJSON(struct {
			Code string `json:"code"`
		}{code})
	}
	_, err := fmt.Fprintf(p.Stdout, "Cluster %s is open.\n", code)
	return err
}

type clusterJoinCmd struct {
	clusterFlags
	Cluster string   `arg:"" help:"Code of the cluster."`
	Cases   []string `arg:"" help:"Codes of the cases; all are added, or none."`
}

// Run adds cases and prints how many were new to the cluster.
func (c *clusterJoinCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		k, err := clusterAt(ctx, at, c.Outbreak, c.Cluster)
		if err != nil {
			return err
		}
		var out api.Cluster
		if err := at.send(ctx, http.MethodPost, path("/api/clusters/%s/cases", strconv.FormatInt(k.ID, 10)), api.ClusterCases{Cases: c.Cases}, &out); err != nil {
			return err
		}
		return c.tell(p, int(out.Members-k.Members))
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		var k store.ClusterCount
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err == nil {
				k, err = r.ClusterByCode(o.ID, c.Cluster)
			}
			return err
		})
		if err != nil {
			return err
		}
		n, err := command.New(db, nil).JoinCluster(ctx, p.owner(), command.JoinCluster{Cluster: k.ID, Cases: c.Cases})
		if err != nil {
			return err
		}
		return c.tell(p, n)
	})
}

// clusterAt finds a cluster of a server by its code.
func clusterAt(ctx context.Context, at *remote, outbreak, code string) (api.Cluster, error) {
	query := map[string][]string{"limit": {strconv.Itoa(mostClusters)}}
	for {
		var list api.Clusters
		if err := at.get(ctx, path("/api/outbreaks/%s/clusters", outbreak), query, &list); err != nil {
			return api.Cluster{}, err
		}
		for _, k := range list.Items {
			if k.Code == code {
				return k, nil
			}
		}
		if list.Next == "" {
			return api.Cluster{}, fmt.Errorf("cluster %q: %w", code, store.ErrNotFound)
		}
		query["cursor"] = []string{list.Next}
	}
}

func (c *clusterJoinCmd) tell(p *process, n int) error {
	if c.JSON {
		return p.writeJSON(struct {
			Joined int `json:"joined"`
		}{n})
	}
	_, err := fmt.Fprintf(p.Stdout, "%d cases were new to cluster %s.\n", n, c.Cluster)
	return err
}

type clusterFromFieldCmd struct {
	clusterFlags
	Field string `arg:"" help:"The field, such as cluster. Several values in one are parted by commas or semicolons."`
	Kind  string `default:"other" placeholder:"KIND" help:"Of the clusters that it opens."`
}

// Run gathers the cases and prints what is new.
func (c *clusterFromFieldCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var out command.FromField
		if err := at.send(ctx, http.MethodPost, path("/api/outbreaks/%s/clusters/from-field", c.Outbreak), api.ClustersFromField{Field: c.Field, Kind: c.Kind}, &out); err != nil {
			return err
		}
		return c.tell(p, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		out, err := command.New(db, nil).ClustersFromField(ctx, p.owner(), command.ClustersFromField{Outbreak: c.Outbreak, Field: c.Field, Kind: cluster.Kind(c.Kind)})
		if err != nil {
			return err
		}
		return c.tell(p, out)
	})
}

func (c *clusterFromFieldCmd) tell(p *process, out command.FromField) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err := fmt.Fprintf(p.Stdout, "%d clusters opened, %d cases added.\n", out.Opened, out.Joined)
	return err
}
