package record

import (
	"errors"

	"firebreak/internal/certificate"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
)

// Certificate is the certificate of release of whoever was restricted.
//
// Errors: a *certificate.Refused for somebody who was not released.
func Certificate(q *site.Request, r *store.Reader, x *restriction.Restriction) (out certificate.Certificate, err error) {
	if _, err := x.Release(); err != nil {
		return out, &certificate.Refused{Restriction: x.ID, Cause: err}
	}
	ids := q.Site.Commands.Identities()
	if ids == nil {
		return out, &certificate.Refused{Restriction: x.ID, Cause: certificate.ErrNoKey}
	}
	v, err := ids.Vault(r)
	if err != nil {
		return out, err
	}
	return certificate.Read(r, v, x, q.Zone, q.Now)
}

// CertificateHref is the address of the certificate of release, to print; empty for somebody who was not released.
func CertificateHref(q *site.Request, r *store.Reader, x *restriction.Restriction) (string, error) {
	var refused *certificate.Refused
	switch _, err := Certificate(q, r, x); {
	case errors.As(err, &refused):
		return "", nil
	case err != nil:
		return "", err
	}
	return RestrictionHref(q, x.ID) + "/certificate", nil
}
