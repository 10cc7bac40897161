//! The choice of one policy from the menu: short, and never at the price of what it lets through.

use std::collections::BTreeSet;

use super::compiler::Patterns;
use super::menu::{Deny, Menu};
use super::route_set::RouteSet;

/// About as many bytes as a resource costs beside its pattern: the ARN before the verb, quotes and a comma.
const RESOURCE_BYTES: usize = 66;

/// One choice: the menu, and what must be served from it.
pub(super) struct Choice<'a> {
    menu: &'a Menu,
    tamers: &'a [Vec<usize>],
    same_verb: &'a [RouteSet],
    covered: &'a RouteSet,
}

/// An Allow with the Denies that it needs, by their places in the menu.
#[derive(Clone, Debug)]
struct Offer {
    allow: usize,
    /// Which of the covered routes it serves.
    serves: RouteSet,
    denies: Vec<usize>,
    odd: Vec<usize>,
}

/// What has been chosen so far, by places in the menu.
#[derive(Clone, Debug, Default)]
struct Chosen {
    allows: Vec<usize>,
    denies: BTreeSet<usize>,
    odd: BTreeSet<usize>,
}

impl<'a> Choice<'a> {
    pub(super) fn new(
        menu: &'a Menu,
        tamers: &'a [Vec<usize>],
        same_verb: &'a [RouteSet],
        covered: &'a RouteSet,
    ) -> Self {
        Self { menu, tamers, same_verb, covered }
    }

    /// The shorter of two policies: with the routes' own patterns alone, and with general patterns where they pay.
    pub(super) fn shortest(&self) -> Patterns {
        let own: Vec<Option<Offer>> = (0..self.menu.routes).map(|route| self.own(route)).collect();
        let plain = self.plain(&own);
        let general = self.general(&own);
        if self.bytes(&general) < self.bytes(&plain) { self.patterns(&general) } else { self.patterns(&plain) }
    }

    /// The offer of a covered route's own pattern. It is made even if a Deny refuses some of what other routes must
    /// serve: that is an API which cannot be written exactly, and its ambiguous requests are refused.
    fn own(&self, route: usize) -> Option<Offer> {
        if !self.covered.contains(route) {
            return None;
        }
        self.offer(route, true).filter(|offer| offer.serves.contains(route))
    }

    fn plain(&self, own: &[Option<Offer>]) -> Chosen {
        let mut chosen = Chosen::default();
        for offer in own.iter().flatten() {
            chosen.take(offer);
        }
        self.with_denies(chosen)
    }

    fn general(&self, own: &[Option<Offer>]) -> Chosen {
        let mut offers: Vec<Offer> =
            (self.menu.routes..self.menu.allows.len()).filter_map(|allow| self.offer(allow, false)).collect();
        let mut chosen = Chosen::default();
        let mut remaining = self.covered.clone();
        loop {
            let price = |offer: &Option<Offer>| offer.as_ref().map_or(0, |offer| self.price(offer, &chosen));
            let prices: Vec<usize> = own.iter().map(price).collect();
            let saving = |offer: &Offer| {
                let saved: usize = offer.serves.and(&remaining).iter().filter_map(|route| prices.get(route)).sum();
                saved.checked_sub(self.price(offer, &chosen)).filter(|saving| *saving > 0)
            };
            offers.retain(|offer| saving(offer).is_some());
            let Some(best) = offers.iter().max_by_key(|offer| saving(offer)) else { break };
            remaining.remove(&best.serves);
            chosen.take(best);
        }
        for offer in remaining.iter().filter_map(|route| own.get(route)?.as_ref()) {
            chosen.take(offer);
        }
        self.with_denies(self.without_superfluous(chosen))
    }

    /// An Allow with what it needs. None if it serves nothing that is covered, or nothing tames what it touches.
    fn offer(&self, allow: usize, may_hit: bool) -> Option<Offer> {
        let facts = self.menu.allows.get(allow)?;
        if !facts.serves.meets(self.covered) {
            return None;
        }
        let exposed = facts.touches.minus(self.covered);
        let denies = self.taming(allow, exposed.clone(), &exposed, may_hit)?;
        Some(Offer { allow, serves: facts.serves.and(self.covered), denies, odd: self.odd(allow) })
    }

    /// The Denies for the odd paths that an Allow matches: any of them may lead to any route of the verb.
    fn odd(&self, allow: usize) -> Vec<usize> {
        if self.same_verb.get(allow).is_some_and(|routes| routes.is_within(self.covered)) {
            return Vec::new();
        }
        self.menu.allows.get(allow).map(|facts| facts.odd.clone()).unwrap_or_default()
    }

    /// Denies that tame the exposed routes for one Allow; of those that tame the first, the one that tames the most
    /// of all that is wanted.
    fn taming(&self, allow: usize, mut exposed: RouteSet, wanted: &RouteSet, may_hit: bool) -> Option<Vec<usize>> {
        let mut denies = Vec::new();
        while let Some(route) = exposed.first() {
            let tamers = self.tamers.get(route)?.iter().filter_map(|at| Some((*at, self.menu.denies.get(*at)?)));
            let fitting = tamers.filter(|(_, deny)| deny.is_for(allow));
            let harm = |deny: &Deny| deny.hits.overlap(self.covered);
            let use_of = |deny: &Deny| deny.tames.overlap(wanted);
            let (at, deny) = fitting
                .filter(|(_, deny)| may_hit || harm(deny) == 0)
                .min_by_key(|(_, deny)| (harm(deny), deny.patterns.len(), u32::MAX - use_of(deny), deny.bytes()))?;
            exposed.remove(&deny.tames);
            denies.push(at);
        }
        Some(denies)
    }

    /// Leaves out what others serve as well.
    fn without_superfluous(&self, mut chosen: Chosen) -> Chosen {
        let serves = |at: &usize| self.menu.allows.get(*at).map(|allow| allow.serves.and(self.covered));
        for allow in chosen.allows.clone() {
            let mut others = RouteSet::default();
            for set in chosen.allows.iter().filter(|other| **other != allow).filter_map(serves) {
                others.add(&set);
            }
            if serves(&allow).is_some_and(|set| set.is_within(&others)) {
                chosen.allows.retain(|other| *other != allow);
            }
        }
        chosen
    }

    /// The Denies for all that was chosen, together: one may do for several Allows.
    fn with_denies(&self, chosen: Chosen) -> Chosen {
        let mut together = Chosen { allows: Vec::new(), ..Chosen::default() };
        let touched = |allow: &usize| self.menu.allows.get(*allow).map(|facts| facts.touches.minus(self.covered));
        let mut wanted = RouteSet::default();
        for exposed in chosen.allows.iter().filter_map(touched) {
            wanted.add(&exposed);
        }
        for allow in chosen.allows {
            let Some(facts) = self.menu.allows.get(allow) else { continue };
            let mut exposed = facts.touches.minus(self.covered);
            for deny in together.denies.iter().filter_map(|at| self.menu.denies.get(*at)) {
                if deny.is_for(allow) {
                    exposed.remove(&deny.tames);
                }
            }
            let Some(denies) = self.taming(allow, exposed, &wanted, true) else { continue };
            let serves = facts.serves.and(self.covered);
            together.take(&Offer { allow, serves, denies, odd: self.odd(allow) });
        }
        together
    }

    /// What an offer adds in bytes. The Denies for odd paths are left out: most offers need them, and they are written
    /// once, so counting them with each would make whatever serves many routes look cheap.
    fn price(&self, offer: &Offer, chosen: &Chosen) -> usize {
        let denies = offer.denies.iter().filter(|at| !chosen.denies.contains(at));
        self.allow_bytes(offer.allow) + denies.map(|at| self.deny_bytes(*at)).sum::<usize>()
    }

    fn bytes(&self, chosen: &Chosen) -> usize {
        chosen.allows.iter().map(|at| self.allow_bytes(*at)).sum::<usize>()
            + chosen.denies.iter().map(|at| self.deny_bytes(*at)).sum::<usize>()
            + chosen.odd.iter().map(|at| self.odd_bytes(*at)).sum::<usize>()
    }

    fn allow_bytes(&self, at: usize) -> usize {
        self.menu.allows.get(at).map_or(0, |allow| RESOURCE_BYTES + allow.pattern.len())
    }

    fn deny_bytes(&self, at: usize) -> usize {
        self.menu.denies.get(at).map_or(0, Deny::bytes)
    }

    fn odd_bytes(&self, at: usize) -> usize {
        self.menu.odd.get(at).map_or(0, |odd| RESOURCE_BYTES + odd.pattern.len())
    }

    fn patterns(&self, chosen: &Chosen) -> Patterns {
        let allows = chosen.allows.iter().filter_map(|at| self.menu.allows.get(*at));
        let denies = chosen.denies.iter().filter_map(|at| self.menu.denies.get(*at));
        let odd = chosen.odd.iter().filter_map(|at| self.menu.odd.get(*at));
        let mut allow: Vec<String> = allows.map(|allow| allow.pattern.clone()).collect();
        let mut deny: Vec<String> = denies.flat_map(|deny| deny.patterns.clone()).collect();
        allow.sort_unstable();
        deny.sort_unstable();
        deny.extend(odd.map(|odd| odd.pattern.clone()));
        deny.dedup();
        Patterns { allow, deny }
    }
}

impl Chosen {
    fn take(&mut self, offer: &Offer) {
        self.allows.push(offer.allow);
        self.denies.extend(&offer.denies);
        self.odd.extend(&offer.odd);
    }
}

impl Deny {
    fn bytes(&self) -> usize {
        self.patterns.iter().map(|pattern| RESOURCE_BYTES + pattern.len()).sum()
    }
}
