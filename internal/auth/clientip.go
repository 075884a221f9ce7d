package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

// ClientIP is the address a request came from. Behind reverse proxies it is the last address in
// X-Forwarded-For that is not one of theirs: what stands further left is the client's own claim.
// The header counts only if the connection itself comes from a proxy in the
// list. The result is invalid if the server has no address for the connection
// (a unix socket).
func ClientIP(r *http.Request, proxies []netip.Prefix) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := at.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isProxy(ip, proxies); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // the nearest address that can be read is the one to hold to account
		}
		ip = hop.Unmap()
	}
	return ip
}

func isProxy(ip netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
