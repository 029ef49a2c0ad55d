/**
 * What a text orders in so many words beside or instead of a measurement: changes of devices ("loss PE-1 to PE-3, then reboot
 * it"), results that are asked for before anything was measured, and attempts to talk Confer out of its task. Only what stands
 * where an order stands counts: "we rebooted it", "before I reboot it" and "reset the session did not help" are stories.
 */

/** Undefined where the text orders nothing of the kind. */
export function orderIn(text: string): 'would-change' | 'manipulation' | undefined {
  if (tricks.some((one) => one.test(text))) return 'manipulation';
  for (const sentence of text.split(/(?<=[.;!?])\s+|[\n\u23ce]+/)) {
    if (stories.test(sentence)) continue;
    for (const clause of sentence.split(joints)) {
      const order = clause.replace(pleas, '');
      // "Reboot PE-1? No, first the facts."
      if (/\?\s*$/.test(clause) && order === clause) continue;
      if (changes.test(order) && !changed.test(order)) return 'would-change';
      if (results.test(order)) return 'manipulation';
    }
  }
  return undefined;
}

/** Somebody else acts, it is over, it is not wanted, or it is only thought of. */
const stories =
  /\b(?:i|we|they|he|she|who|which|somebody|someone|anybody|nobody|team|vendor|customer|before|after|since|until|while|whether|without|not|never|cannot|tried|did|was|were|been|being|has|had|have|helped?|should|shall|will|going|plan(?:ned|s)?|want(?:s|ed)?|allowed|says?|said|told|asked)\b|n['\u2019]t\b/i;

/** Between clauses. */
const joints =
  /\s*[,:]\s*|\s+[-\u2013\u2014/|&+>=]+\s+|\s+(?:and|then|but|or|also|plus|otherwise|else|afterwards)\b\s*|\s*&&\s*|^\s*(?:and|then|but|or|also|plus|first|next|finally|otherwise|afterwards)\b\s*/i;

const pleas =
  /^\s*(?:(?:please|pls|plz|kindly|just|simply|also|now|then|next|first|finally|afterwards|immediately|quickly|ok|okay|yes|hey|hi|hello|confer|go|ahead|better|instead|once\s+(?:done|you\s+are\s+done)|when\s+(?:done|you\s+are\s+done)|at\s+the\s+end|to\s+finish|for\s+good\s+measure|just\s+in\s+case|while\s+(?:you\s+are\s+)?at\s+it|by\s+the\s+way|btw|(?:can|could|would)\s+you|make\s+sure\s+to|be\s+sure\s+to|feel\s+free\s+to|do\s+not\s+forget\s+to|you\s+(?:must|may|can|have\s+to|need\s+to)|if\s+(?:bad|so|yes|needed|necessary|possible))\b[\s,:]*)+/i;

/** What is no measurement and means a device when it has an object. */
const change =
  '(?:reboot|reload|restart|power[- ]?cycle|bounce|flap|shut(?:\\s*down)?|no\\s+shut|disable|enable|delete|remove|erase|wipe|zeroize|reconfigure|configure|upgrade|downgrade|roll\\s*back|revert|drain|reroute|kill|flush|clear|reset|factory[- ]reset|decommission|deactivate|activate|unplug|kick|toggle|unblock|mute|silence|quarantine|overwrite|fix|repair|heal|remediate|tear\\s+down|take\\s+down|bring\\s+(?:up|down)|switch\\s+off|turn\\s+off|commit|deploy|replace|rename|throttle|revoke|approve|migrate|power\\s+(?:off|on|down)|reseat|swap|renumber|blackhole)';
/** Of the request itself: "replace my last question", "configure 500 probes". */
const wish =
  '(?:(?:\\w+\\s+)?(?:question|request|query)\\b|probe\\s+(?:count|size|rate)\\b|\\d+\\s+(?:probes|packets|pings)\\b)';
const object = `(?:(?:the|a|an|all|every|each|its|my|our|your|their|this|that|these|those|any|whatever)\\s+(?!${wish})\\p{L}|it\\b|them\\b|everything\\b|(?:bgp|isis|ospf|interface|int|router|node|port|line\\s?card|acl|vlan|vrf|counters|arp|traffic|routing)\\b|(?!${wish})(?=\\S*\\d)[\\p{L}\\d])`;
const changes = new RegExp(`^\\s*${change}\\s+${object}`, 'iu');
/** "Reload PE-3 completed" tells of one. */
const changed = new RegExp(
  `^\\s*${change}\\s+(?:(?:of|on|the|router|node)\\s+)*(?=\\S*\\d)\\S+\\s+(?:done|completed?|finished|failed|succeeded)\\b`,
  'iu',
);

const result =
  '(?:there\\s+(?:is|was)\\s+)?(?:no\\s+(?:fault|loss|problem|drops?|errors?)|zero\\s+(?:loss|drops)|healthy|clean|(?:all|everything|it|the\\s+path)\\s+(?:is\\s+)?(?:well|ok|okay|good|green|fine|clean|healthy|perfect)|success)\\b';
const results = new RegExp(
  `^\\s*(?:(?:say|claim|conclude|declare|certify|attest|pretend|answer|state|report|write|sign|return|respond|reply)\\s+(?:that\\s+)?["'\u201c]?)${result}`,
  'iu',
);

const rules =
  '(?:instructions?|rules|prompts?|guidelines|restrictions|guardrails|safeguards|limitations|programming|safety\\s+(?:rules|checks|measures))';
const tricks: readonly RegExp[] = [
  // "Ignore all previous instructions"; the last ticket may be ignored.
  new RegExp(
    `\\b(?:ignore|disregard|forget|override|bypass|circumvent|suspend|drop)\\s+(?:(?:all|any|every|everything|the|of|your|these|those|previous|prior|earlier|above|existing|other|system|about|safety|security)\\s+){1,4}${rules}\\b`,
    'i',
  ),
  /\byou(?:['\u2019]re|\s+are)\s+(?:now|no\s+longer)\s+(?:an?|my|the|in|free|root|admin|dan|confer|bound|restricted)\b/i,
  /\bpretend\s+(?:to\s+be|(?:that\s+)?you(?:['\u2019]re|\s+are|\s+have))\b/i,
  /(?:^|[.,:;!\n]\s*)act\s+(?:as|like)\s+(?:an?|my|if\s+you|root|admin)\b/i,
  /\bfrom\s+now\s+on,?\s+you\b/i,
  /\b(?:developer|jailbreak|god|dan)\s+mode\b/i,
  /\b(?:show|print|reveal|repeat|tell|output|display|dump|leak|give|disclose|what(?:['\u2019]s|\s+(?:is|are|was|were)))\s+(?:me\s+)?your\s+(?:\w+\s+){0,2}(?:prompt|instructions|rules|weights|secrets?|passwords?|private\s+key|system\s+message)\b/i,
  /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot)[^>]*>|\[\/?inst\]|<<\/?sys>>|"role"\s*:\s*"system"/i,
];
