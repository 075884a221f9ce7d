package account

import (
	"context"
	"slices"

	"firebreak/internal/auth"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// ListUsers returns up to limit accounts after an ID, of the areas in which the caller administers users. It is empty for who administers
// nothing.
func (s *Service) ListUsers(ctx context.Context, actor auth.Actor, after auth.UserID, limit int) (list []store.User, err error) {
	err = s.db.View(ctx, func(r *store.Reader) error {
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		var areas []place.AreaID
		for _, root := range auth.ScopeOf(actor, auth.UserAdmin, "", s.db.Now()).Roots {
			for _, j := range tree.Subtree(root) {
				areas = append(areas, j.ID)
			}
		}
		slices.Sort(areas)
		list, err = r.Users(slices.Compact(areas), after, limit)
		return err
	})
	return list, err
}

// Open returns the account that a request acts as; auth.ErrNoAccount where it is gone or disabled.
func (s *Service) Open(ctx context.Context, id auth.UserID) (store.User, error) {
	return s.db.FindActor(ctx, id)
}
