package auth

import "context"

type contextKey int

const (
	actorKey contextKey = iota
	requestIDKey
	nonceKey
)

// WithActor returns a context that carries the caller of one request.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey, a)
}

// ActorFrom returns the caller of the request; ok is false where nobody has
// proven who they are.
func ActorFrom(ctx context.Context) (a Actor, ok bool) {
	a, ok = ctx.Value(actorKey).(Actor)
	return a, ok
}

// RequestIDFrom returns the id of the request, empty outside [RequestID].
func RequestIDFrom(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// NonceFrom returns the nonce that an inline script or style of this answer
// must carry, empty outside [SecureHeaders].
func NonceFrom(ctx context.Context) string {
	n, _ := ctx.Value(nonceKey).(string)
	return n
}
