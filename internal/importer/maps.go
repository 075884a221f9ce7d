package importer

import (
	"context"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// SaveMap keeps a map under a name for an outbreak, or for all where o is 0. With a version it replaces the map of that ID.
func (s *Service) SaveMap(ctx context.Context, by command.By, in store.ColumnMap, m exchange.Map) (store.ColumnMap, error) {
	if _, err := s.Within(by); err != nil {
		return in, err
	}
	return SaveMap(ctx, s.db, by, in, m)
}

// SaveMap is Service.SaveMap for whoever holds the data folder.
func SaveMap(ctx context.Context, db *store.DB, by command.By, in store.ColumnMap, m exchange.Map) (store.ColumnMap, error) {
	if err := m.Validate(); err != nil {
		return in, &command.Invalid{Field: "map", Reason: err.Error()}
	}
	if in.Name = fileName(in.Name); in.Name == "upload" {
		return in, &command.Invalid{Field: "name", Reason: "is needed"}
	}
	m.Format = in.Name
	text, err := jsonOf(m)
	if err != nil {
		return in, err
	}
	in.Kind, in.Mapping, in.User, in.Login = string(m.Kind), string(text), by.Actor.UserID, by.Name()
	err = db.Update(ctx, func(tx *store.Tx) error {
		out := in
		if in.ID != 0 {
			old, err := tx.ColumnMap(in.Outbreak, in.ID)
			if err != nil {
				return err
			}
			if err := mayChangeMap(by, old, tx.Now()); err != nil {
				return err
			}
			out.Outbreak, out.CreatedAt = old.Outbreak, old.CreatedAt
			err = tx.UpdateColumnMap(&out)
			if err != nil {
				return err
			}
		} else if err := tx.AddColumnMap(&out); err != nil {
			return err
		}
		b, err := jsonOf(map[string]any{"name": out.Name, "kind": out.Kind, "map": int64(out.ID), "version": out.Version})
		if err != nil {
			return err
		}
		if _, err := tx.Append(journal.Entry{Kind: journal.ColumnMapSaved, Actor: by.Name(), Outbreak: out.Outbreak, Payload: b}); err != nil {
			return err
		}
		in = out
		return nil
	})
	return in, err
}

// DeleteMap removes a saved map of an outbreak, or one for all.
func (s *Service) DeleteMap(ctx context.Context, by command.By, o outbreak.ID, id store.ColumnMapID, version int64) error {
	if _, err := s.Within(by); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		m, err := tx.ColumnMap(o, id)
		if err != nil {
			return err
		}
		if err := mayChangeMap(by, m, tx.Now()); err != nil {
			return err
		}
		if err := tx.DeleteColumnMap(id, version); err != nil {
			return err
		}
		b, err := jsonOf(map[string]any{"name": m.Name, "map": int64(id)})
		if err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.ColumnMapDeleted, Actor: by.Name(), Outbreak: m.Outbreak, Payload: b})
		return err
	})
}

// mayChangeMap lets the one who saved a map change it, and whoever runs the outbreak: others' imports depend on it.
func mayChangeMap(by command.By, m store.ColumnMap, now time.Time) error {
	if by.IsOwner() || by.Actor.UserID == m.User || auth.MayAnywhere(by.Actor, auth.OutbreakAdmin, "", now) {
		return nil
	}
	return &command.Forbidden{Action: auth.Import, Decision: auth.Decision{Reason: "only " + m.Login + ", who saved the map, or whoever runs the outbreak may change it"}}
}
