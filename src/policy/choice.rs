//! The choice of patterns for one verb: short, and never at the price of what they let through.
//!
//! Every pattern names its verb, and none matches a request of another. So the policy of a permission set is the sum
//! of what is chosen for each verb.

use super::chosen::{Chosen, Size};
use super::menu::{Deny, Menu};
use super::route_set::RouteSet;

/// The menu's section for one verb.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The verb.
    pub(super) verb: String,
    /// The routes of the verb: where its odd paths may lead.
    pub(super) routes: RouteSet,
    /// The places of the Allows that may stand for several routes.
    pub(super) general: Vec<usize>,
}

/// One choice: the menu, and what must be served from it.
pub(super) struct Choice<'a> {
    menu: &'a Menu,
    /// For each route, the places of the Denies that tame it.
    tamers: &'a [Vec<usize>],
    section: &'a Section,
    /// The routes of the verb that the permission covers.
    covered: &'a RouteSet,
}

/// An Allow with the Denies that it needs, by their places in the menu.
#[derive(Clone, Debug)]
struct Offer {
    allow: usize,
    /// Which of the covered routes it serves.
    serves: RouteSet,
    denies: Vec<usize>,
}

impl<'a> Choice<'a> {
    pub(super) fn new(menu: &'a Menu, tamers: &'a [Vec<usize>], section: &'a Section, covered: &'a RouteSet) -> Self {
        Self { menu, tamers, section, covered }
    }

    /// The routes' own patterns alone; and what is shortest, with general patterns where they pay.
    ///
    /// Of a verb that is wholly covered both are the shortest: nothing else of the permission may then decide which of
    /// its odd paths are allowed.
    pub(super) fn plain_and_shortest(&self) -> (Chosen, Chosen) {
        let own: Vec<Offer> = self.covered.iter().filter_map(|route| self.own(route)).collect();
        let plain = self.with_denies(own.iter().map(|offer| offer.allow).collect());
        let general = self.with_denies(self.general(&own));
        let is_shorter = general.own_size(self.menu).is_less(plain.own_size(self.menu));
        let shortest = if is_shorter { general } else { plain.clone() };
        (if self.is_whole() { shortest.clone() } else { plain }, shortest)
    }

    /// The offer of a covered route's own pattern. It is made even if a Deny refuses some of what other routes must
    /// serve: that is an API which cannot be written exactly, and its ambiguous requests are refused.
    fn own(&self, route: usize) -> Option<Offer> {
        self.offer(route, true).filter(|offer| offer.serves.contains(route))
    }

    /// The Allows of a policy in which general patterns stand for the routes that they serve more cheaply.
    fn general(&self, own: &[Offer]) -> Vec<usize> {
        let mut offers: Vec<Offer> =
            self.section.general.iter().filter_map(|allow| self.offer(*allow, false)).collect();
        let mut chosen = Chosen::default();
        let mut remaining = self.covered.clone();
        loop {
            let prices: Vec<(usize, usize)> =
                own.iter().map(|offer| (offer.allow, self.price(offer, &chosen))).collect();
            let saving = |offer: &Offer| {
                let replaced = |route: usize| offer.serves.contains(route) && remaining.contains(route);
                let saved: usize = prices.iter().filter(|(route, _)| replaced(*route)).map(|(_, price)| price).sum();
                saved.checked_sub(self.price(offer, &chosen)).filter(|saving| *saving > 0)
            };
            let saving_most = offers.into_iter().filter_map(|offer| Some((saving(&offer)?, offer))).collect::<Vec<_>>();
            let Some((_, best)) = saving_most.iter().max_by_key(|(saving, _)| *saving) else { break };
            remaining.remove(&best.serves);
            chosen.allows.push(best.allow);
            chosen.denies.extend(&best.denies);
            offers = saving_most.into_iter().map(|(_, offer)| offer).collect();
        }
        chosen.allows.extend(own.iter().map(|offer| offer.allow).filter(|route| remaining.contains(*route)));
        self.without_superfluous(chosen.allows)
    }

    /// An Allow with what it needs. None if it serves nothing that is covered, or nothing tames what it touches.
    fn offer(&self, allow: usize, may_hit: bool) -> Option<Offer> {
        let facts = self.menu.allows.get(allow)?;
        if !facts.serves.meets(self.covered) {
            return None;
        }
        let exposed = facts.touches.minus(self.covered);
        let denies = self.taming(allow, exposed.clone(), &exposed, may_hit)?;
        Some(Offer { allow, serves: facts.serves.and(self.covered), denies })
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
            // Of an API that cannot be written exactly, the ambiguous requests are refused, and no whole route.
            let whole_routes = |deny: &Deny| deny.tames.overlap(self.covered);
            let (at, deny) = fitting.filter(|(_, deny)| may_hit || harm(deny) == 0).min_by_key(|(_, deny)| {
                (harm(deny), whole_routes(deny), deny.patterns.len(), u32::MAX - use_of(deny), deny.size().bytes())
            })?;
            exposed.remove(&deny.tames);
            denies.push(at);
        }
        Some(denies)
    }

    /// Leaves out what others serve as well.
    fn without_superfluous(&self, mut allows: Vec<usize>) -> Vec<usize> {
        let serves = |at: &usize| self.menu.allows.get(*at).map(|allow| allow.serves.and(self.covered));
        for allow in allows.clone() {
            let mut others = RouteSet::default();
            for set in allows.iter().filter(|other| **other != allow).filter_map(serves) {
                others.add(&set);
            }
            if serves(&allow).is_some_and(|set| set.is_within(&others)) {
                allows.retain(|other| *other != allow);
            }
        }
        allows
    }

    /// The Denies for all these Allows, together: one may do for several. An Allow that cannot have what it needs is
    /// left out.
    fn with_denies(&self, allows: Vec<usize>) -> Chosen {
        let mut together = Chosen::default();
        let touched = |allow: &usize| self.menu.allows.get(*allow).map(|facts| facts.touches.minus(self.covered));
        let mut wanted = RouteSet::default();
        for exposed in allows.iter().filter_map(touched) {
            wanted.add(&exposed);
        }
        for allow in allows {
            let Some(mut exposed) = touched(&allow) else { continue };
            for deny in together.denies.iter().filter_map(|at| self.menu.denies.get(*at)) {
                if deny.is_for(allow) {
                    exposed.remove(&deny.tames);
                }
            }
            let Some(denies) = self.taming(allow, exposed, &wanted, true) else { continue };
            together.allows.push(allow);
            together.denies.extend(denies);
            if self.is_whole() {
                together.spares_odd |= self.odd(allow).next().is_some();
            } else {
                together.odd.extend(self.odd(allow));
            }
        }
        together
    }

    /// Whether all of the verb is covered, so that its odd paths lead nowhere else.
    fn is_whole(&self) -> bool {
        self.section.routes.is_within(self.covered)
    }

    /// The Denies for the odd paths that an Allow matches: any of them may lead to any route of the verb.
    fn odd(&self, allow: usize) -> impl Iterator<Item = usize> + '_ {
        self.menu.allows.get(allow).into_iter().flat_map(|facts| facts.odd.iter().copied())
    }

    /// What an offer adds in bytes. The Denies for odd paths are left out: most offers need them, and they are written
    /// once, so counting them with each would make whatever serves many routes look cheap.
    fn price(&self, offer: &Offer, chosen: &Chosen) -> usize {
        let denies = offer.denies.iter().filter(|at| !chosen.denies.contains(at));
        let denied = denies.filter_map(|at| self.menu.denies.get(*at)).map(|deny| deny.size().bytes());
        let allowed = self.menu.allows.get(offer.allow).map(|allow| Size::of([allow.pattern.as_str()].into_iter()));
        allowed.map_or(0, Size::bytes) + denied.sum::<usize>()
    }
}

impl Deny {
    fn size(&self) -> Size {
        Size::of(self.patterns.iter().map(String::as_str))
    }
}
