"""British spellings to American ones, from stems: what English error rates take for one word."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Final

# Stems before -our (colour), -re (centre), -ogue (catalogue), -is- (realise), -ys- (analyse),
# before a doubled l (travelled), and whole words. Oxford and Merriam-Webster give both forms.
_OUR: Final = (
    "arb arm behavi cand clam col demean endeav fav ferv flav harb hon hum lab neighb od parl "
    "ranc rig rum sav savi splend succ tum val vap vig discol dishon disfav misdemean"
)
_RE: Final = "calib cent fib goit lit lust meag mit och sab scept sepulch somb spect theat kilomet "
_RE_MORE: Final = "centimet millimet met kilolit millilit amphitheat epicent"
_OGUE: Final = "anal catal dial epil monol pedag prol demag"
_ISE: Final = (
    "acclimat agon alphabet american antagon apolog author baptis cannibal canon capital categor "
    "central character civil colon commercial computer conceptual criminal critic crystall "
    "custom decentral demobil democrat demon demoral deputis digit diagonal dramat econom "
    "emphas energ equal fantas fertil final formal fossil fraternis general glamor global "
    "harmon hospital human hypnot ideal immobil immun individual industrial initial "
    "institutional internal international italic jeopard legal liberal local magnet marginal "
    "material maxim mechan memor mesmer militar minim mobil modern monopol moral national "
    "natural neutral normal optim organ ostrac oxid paraly pasteur patron penal personal "
    "polar polem popular prior privat real recogn regular reorgan revital revolution romantic "
    "sanit scrutin sensational social special stabil standard steril stigmat subsid summar "
    "symbol symmetr sympath synchron synthes system tantal terror theor token trivial tyrann "
    "urban util vandal vapor verbal victim visual vocal western weapon incentiv itemis "
    "monet operational rational random contextual bastard homogen anonym strateg disorgan "
    "factor tokenis penal prioritis amort author computer concretis"
)
_YSE: Final = "anal catal paral electrol hydrol dial"
_DOUBLED: Final = (
    "travel cancel model label signal fuel counsel level quarrel channel dial equal marvel panel "
    "pedal rival shovel snorkel total tunnel unravel initial bevel chisel duel enamel funnel "
    "grovel gravel libel medal pencil spiral stencil swivel towel trammel yodel carol cudgel"
)
_WORDS: Final = (
    "aeroplane:airplane aeroplanes:airplanes ageing:aging aluminium:aluminum artefact:artifact "
    "artefacts:artifacts axe:ax cheque:check cheques:checks chequebook:checkbook cosy:cozy "
    "cosier:cozier cosiest:coziest defence:defense defences:defenses offence:offense "
    "offences:offenses pretence:pretense licence:license licences:licenses disc:disk discs:disks "
    "distil:distill draught:draft draughts:drafts enrol:enroll enrols:enrolls enrolment:enrollment "
    "fulfil:fulfill fulfils:fulfills fulfilment:fulfillment gaol:jail grey:gray greys:grays "
    "greyer:grayer greyish:grayish instal:install instalment:installment instil:instill "
    "instalments:installments jewellery:jewelry jeweller:jeweler judgement:judgment "
    "judgements:judgments kerb:curb kerbs:curbs manoeuvre:maneuver manoeuvres:maneuvers "
    "manoeuvred:maneuvered manoeuvring:maneuvering manoeuvrable:maneuverable marvellous:marvelous "
    "mould:mold moulds:molds moulded:molded moulding:molding mouldy:moldy moult:molt "
    "moustache:mustache moustaches:mustaches omelette:omelet omelettes:omelets "
    "paediatric:pediatric "
    "paediatrician:pediatrician paediatricians:pediatricians paedophile:pedophile "
    "phoney:phony plough:plow ploughs:plows ploughed:plowed ploughing:plowing practise:practice "
    "practised:practiced practises:practices practising:practicing programme:program "
    "programmes:programs pyjama:pajama pyjamas:pajamas sceptic:skeptic sceptics:skeptics "
    "sceptical:skeptical scepticism:skepticism skilful:skillful skilfully:skillfully "
    "smoulder:smolder smouldering:smoldering sulphur:sulfur sulphate:sulfate sulphuric:sulfuric "
    "tyre:tire tyres:tires wilful:willful wilfully:willfully woollen:woolen woolly:wooly "
    "yoghurt:yogurt yoghurts:yogurts anaemia:anemia anaemic:anemic anaesthetic:anesthetic "
    "anaesthesia:anesthesia anaesthetist:anesthetist caesarean:cesarean diarrhoea:diarrhea "
    "encyclopaedia:encyclopedia foetus:fetus foetal:fetal haemoglobin:hemoglobin "
    "haemorrhage:hemorrhage leukaemia:leukemia oesophagus:esophagus oestrogen:estrogen "
    "orthopaedic:orthopedic archaeology:archeology archaeological:archeological "
    "archaeologist:archeologist haematology:hematology gynaecology:gynecology "
    "gynaecologist:gynecologist mediaeval:medieval councillor:councilor councillors:councilors "
    "counsellor:counselor counsellors:counselors traveller:traveler travellers:travelers "
    "centred:centered centring:centering waggon:wagon waggons:wagons tonne:ton tonnes:tons "
    "acknowledgement:acknowledgment acknowledgements:acknowledgments ok:okay"
)


@functools.cache
def american() -> Mapping[str, str]:
    """British spelling to American spelling, lower-case.

    >>> [american()[word] for word in ("colourful", "organisations", "travelling", "centres")]
    ['colorful', 'organizations', 'traveling', 'centers']
    """
    pairs = dict(pair.split(":") for pair in _WORDS.split())
    return {**dict(_regular()), **pairs}


def _regular() -> Iterator[tuple[str, str]]:
    our = " s ed ing er ers ful fully less able ably ite ites hood hoods ly ist ists ism ation"
    for stem in _OUR.split():
        for end in our.split(" "):
            yield f"{stem}our{end}", f"{stem}or{end}"
    for stem in (_RE + _RE_MORE).split():
        yield f"{stem}re", f"{stem}er"
        yield f"{stem}res", f"{stem}ers"
    for stem in _OGUE.split():
        yield f"{stem}ogue", f"{stem}og"
        yield f"{stem}ogues", f"{stem}ogs"
    ise = "ise ises ised ising iser isers isation isations isational isable ismo"
    for stem in _ISE.split():
        for end in ise.split():
            yield f"{stem}{end}", f"{stem}{end.replace('is', 'iz', 1)}"
    for stem in _YSE.split():
        for end in ("yse", "ysed", "yses", "ysing", "yser", "ysers"):
            yield f"{stem}{end}", f"{stem}{end.replace('ys', 'yz', 1)}"
    for stem in _DOUBLED.split():
        for end in ("led", "ling", "lings", "ler", "lers"):
            yield f"{stem}{end}", f"{stem}{end[1:]}"
