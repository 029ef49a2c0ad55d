/** Made by models/training/collect-words.ts of the phrases there; not to be edited. */
export const knownWordList = `
% a able about above accept acceptable access accessible acl across act acting action active add
address adds adjacency admin administrator advance af affected after again ages ago agreed alarm
alarms alert alive all allow allowed allows along already alright also always am an analyse analyze
and angry answer answers any anybody anymore anything application apply approval approve are around
arp arrive arrives arriving as asap asking asks assess assistant at average avg away back backup
backups bad bandwidth basic be because before began begin beginning begins behaves behind being below
best betw between beyond bfd bgp big biggest bit black blackhole blackholed blackholes blackholing
blame block bob bonjour book boss both bother bounce bounces bouncing box br branch breaking bridge
bring broken btw bursts bursty busy but by bypass byte bytes cache call called calls came can cannot
cant carry case cause causes causing center certificate chance change changed check checked checking
checks cheers chg choppy circuit class clean clear code codepoint colleague collect coloured com come
comes coming command commit communicate compare complain complaining complains complaints complete
completely confer config configuration configure confirm connect connected connecting connection
connectivity connects consisting consists consumption contact contract control core correct cos could
count counters cpu crawling crc create crosses crossing cs culprit current cust customer customers
cut dashboard data database datagrams day days dear debug debugging default delay delayed delays
delete departing dest destination destined detail details determine developer device df diagnose did
die dies diffserv direct direction directly disable disappear disappearing disappears discarded
discards discover discovery discussed disk display disregard dn dns do does doesnt doing dont down
downloads drain draw drop dropped dropping drops ds dscp dst dying each eaten eating eats ebgp ef
effective egress else email en enable end ending endpoint ends enough ensure enter entering enters
entire error errors escalation especially establish established evaluate evening every everything
evil exactly examine example exceed exceeding exceeds excessive exclude execute exhausted exiting
exits expected expecting expedited experiences experiencing expired explain explicit fail failed fall
falls far fast fault feel feels fetch few field fields fifty figure figures finally find fine
finishing fire fired firewall firmware first fit fits five fix flap flapped flapping flaps floor flow
flowing flows folks followed following for forced forget forwarding fragmentation fragmented frame
frames free freezes from full fyi gaming get gets getting give go goal goes going gone good got great
greetings guys half hallo hangs happen happened happening happens has have having head headend heads
health healthy heap heavy hello help here hey hi high hmm hold hole holed holes home hop hopping hops
host hours how http https human hundred hunt i ibgp id idea ideas idle if iface ifaces ignore im
immediately in inc incident incomplete increase increased ingress input inspect install instructions
integrity intent interface interfaces intermediate intermediates intermittent internet intf into
inventory investigate involved ip ipv is isis isolate isolated issue issues it its jitter job joining
jumbo jumbos jumped just keep keeps keys kill kind kindly know lag laggy lags lane large largest last
late latency layer ldp leading least leave leaves leaving left leg len length less let lets level
license light like limit line link linking links list live load loaded local localise localize locate
location log logged logs long longer look looked looks lose loses losing loss losses lossiness
lossless lossy lost lot low lower lsp mac made maintenance make management many mark marked marking
mate matter max maximal maximum maxloss may me means measure measurement measurements meeting mem
memory message metric metrics mid middle midpoint might milliseconds min mind minimum minute minutes
mismatch misses missing mode model monday monitor monitoring more morning most move mp mpls ms mtu
much must my name named names narrow nb nbr necessary need needed needs neigh neighbor neighbors
neighborship neighbour neighbourship network never new next nics night no noc node nodes noon normal
not nothing notification now nowhere nth ntp number obey objective observe occasional octet octets of
off ok okay on once one ones only open opened optical optics or order origin originated originating
ospf other our ours out outage output over overloaded override packet packetloss packets packetsize
pair part partial partly pass passes passing password pastebin path payload pct peer peering peers
per percent percentage perform permits permitted phb ping pingable pinged pings pinned pinpoint pkt
pktloss pkts pktsize place plane play please pls plus plz pm pmtu pmtud point policy port ports
possible power prefer pretend previous price primary print priority probably probe probes problem
problems processor prompt propagation protected protocol prove push qos quantify question queue
queueing quick quickly ram random rate ratio raw re reach reachability reachable reached reaches
reaching read readings really reason reboot rebooted receive receiver receives record red reduce ref
reflector regarding regards relation reload remote remove repair repeat replaced replication reply
report reports request requesting required reroute reset resets resetting respond responds response
restart restore restrictions reveal review right road role root round roundtrip route routed router
routers routes routing rtt rtts rule rules run running runs rush same samples say says scan script
second seconds secrets section security see seems seen sees segment segments send sender sending
sends sent servers service session sessions set severe sh shall shape shell shift shoot short
shortest should show shows shut shutdown sick sid side sign silent since site sites sits size sized
skip sla slo slot slow slower slowish slowly slowness sluggish small smaller smallest snmp so
software some somebody someone something sometimes somewhere sorry source sourced speak speaks speed
spend spikes sporadic sr src srv ssh stable stall stalls standing start started starting starts state
states statistics stats status stay steered still stop stopping storage strange strangely stream
stretch strict stuck study stuff suffer suffers summarize summary support supported sure suspect
suspected suspicion swallowed switch system table tagged tail take takes taking talk talking talks
target task tc tcp te team tell temperature ten tenth terminating terms test text than thank thanks
that thats the them then there they thing things think this thousand threshold through throughput
thru thx ticket time timer times timing to today todo tolerable tolerance tolerate tolerated tonight
too top topology tos total touching toward towards trace track traffic transit transiting transits
translate transmission transport travel traveling travelling traverses traversing trip trouble
troubleshoot troubleshooting true trust try ts tt tunnel turn twenty two type udp unable unacceptable
under understand unexpected unexplained unfragmented unhappy unit units unreachable unstable until up
update upgrade upgraded urgent urgently us usable usage use used user users uses using usual utc util
utilisation utilization validate value values vanish vanishes variation vendor verification verify
version very via video view visible vlan voice vpn vpnv vrf vx wait waiting waits want wants warn was
watch way waypoint waypoints we weather week well went weve what whatever whats when whenever where
whether which who whole whose why will with without wonder wondering wont word work worked working
works would write wrong yes yesterday yo you your zero
`;
