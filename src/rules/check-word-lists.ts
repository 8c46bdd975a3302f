// The words of which check words are made: plain, short, inoffensive, and none a typing mistake away from another.
import type { Language } from './language.ts';

const english = `
  acorn almond amber anchor animal antler apple apricot april arch arena armchair arrow artist aspen
  atlas attic autumn avocado award axle bacon badge bagel bakery balcony balloon bamboo banjo banner
  barley barn basil basket battery beaver bedroom beehive bench bicycle birch biscuit bison blanket
  blossom blouse bonus bouquet bracelet branch breeze brick bridge broccoli bronze buffalo burger butter
  cabbage cabin cactus camel camera campus canal candle canyon captain caravan carnival carpet carton
  cashew castle cedar celery cello ceramic chair chalk chapter cheese cherry chestnut chicken chipmunk
  chorus cinema cinnamon circus clarinet clock closet cloud clover cobalt coconut coffee collar comet
  compass concert cookie copper cottage cotton cougar country coyote crane crater crayon cricket crocus
  crystal cube cucumber cupboard cupcake curtain cushion custard cypress daisy daylight december delta
  denim desk diamond dinner dolphin domino donkey doorbell doorway dragon drawer duck duet dune eagle
  echo eclipse elephant elevator emerald envelope evening falcon farmer feather february fence fern
  festival fiddle field finch firefly fisher flame flamingo flannel flute folder football forest fork
  fossil fountain friday frost fruit fudge funnel galaxy gallery garage garden garment gate gazelle
  gecko giant gift ginger giraffe glacier glass globe goblet golf gondola grape gravy green guitar guppy
  hallway hammer hammock hamster harmony harp harvest hazel hedge helmet hero hickory highway hiker
  history hobby hockey holiday honey horizon hotel hummus husky hydrant iceberg icicle igloo iguana
  indigo iris island ivory jacket jaguar january jasmine jelly jewel jingle journal journey juice july
  jumper juniper kangaroo kayak kettle keyboard keychain kitchen kite kitten kiwi koala ladder lagoon
  lamp lantern laptop lasagna lavender lawn legend lemon lemonade lentil leopard lettuce lilac lily
  linen lizard llama lobster locket lumber lunch lyric magnet magnolia magpie mailbox mango maple marble
  marigold marine marmot meadow medal melody melon menu meteor mirror mixer monday moon mosaic moss
  motor movie muffin mushroom napkin navy nectar needle nest noodle notebook novel november nutmeg oasis
  oatmeal ocean octopus office olive onion opal orange orbit orchard orchid oregano organ origami
  ostrich otter oven paddle padlock paint palace palm pancake panda panther papaya paper paprika parade
  parsley partner pasta pastry patio pavement peach peanut pebble pelican pencil penguin peony pepper
  piano pickle picnic picture pigeon pillow pilot pine pizza planet plaza poem popcorn poppy porch
  portrait postcard potato pottery prairie pretzel prism prize pudding pumpkin puppet puzzle pyramid
  quilt quiz rabbit radio radish raft railway rainbow raincoat raisin redwood reef reindeer ribbon river
  robin robot rooster ruby ruler safari saffron salad salmon salsa sandal sandwich sapphire sardine
  saturday saucer sauna savanna scarf school scooter season sesame shadow shelf shirt shower shrimp
  silver skate slipper sloth snow sofa solar sparrow sphere spinach spiral spoon spring spruce squirrel
  stamp station stool straw sugar suitcase summer sunrise sunset swan sweater syrup table tapestry
  teapot temple tennis thimble thursday ticket tiger toast tofu tomato topaz tornado tortoise toucan
  towel tractor traffic train treasure trumpet tuesday tulip tuna turkey turnip turtle twig umbrella
  unicorn universe vacation valley village vinegar vineyard violin waffle wagon walnut walrus waltz
  wardrobe wasabi wheel whistle winter wombat wool yacht yard yoga zebra zipper zucchini
`;

/** None is written with an accent, so that a text message holds them as they are. */
const spanish = `
  abanico abeja abeto abrigo abril aceite aceituna acero acuario adobe agosto agua aguacate ajedrez
  alambre albahaca aldea alfombra almendra almohada alpaca altavoz altura amarillo anillo antena
  antorcha anzuelo apio arcilla arena armario aroma arroz artesano ascensor asiento atlas avenida
  avestruz azul azulejo baile balde baldosa ballena ballet banco bandeja barniz bastidor bellota billete
  bisonte blusa bodega boleto bolsa bombilla bosque botella brillo bronce bufanda bulevar burbuja
  caballo cabina cabra cacao cacerola cactus cadena cafetera caja calabaza caldo caliza calle camello
  camino camisa campana campo canario canela cangrejo canoa caoba caracol caramelo caravana carpeta
  carroza carta cartel cascada caseta castillo castor cebolla cedro celeste cemento centeno cepillo
  cereza cesta charco chimenea cielo ciervo cigarra cilantro cine cinta circo ciruela ciudad clavel
  clavo clima cobre coco codorniz cohete colina colmena columna comedia cometa compota coral corbata
  corcho cordel cordero corona correo cortina cosecha crema crepe cristal cromo cuaderno cuarzo cubeta
  cubo cuchara cuenco cuerda cueva dado desayuno desierto despensa diamante diario disco docena dorado
  ducha dulce durazno eclipse elefante emblema empanada encaje ensalada envase escalera escarcha escena
  esfera espejo esponja esquina establo estadio estampa estatua estrella estuche estufa etiqueta familia
  faro feria festival fieltro flamenco flauta flecha flor fogata foto frasco fresa fruta gacela galaxia
  galleta gallina galope ganso garaje garza gasolina gato gaviota gelatina geranio gigante girasol
  glaciar globo golf golosina gorila gorra granate granero granito granja grulla guante guisante
  guitarra hamaca hangar harina hebilla helecho hierba hierro higo hilera hockey hogar hoja hongo hotel
  huerto iguana indigo invierno isla jacinto jaguar jalea jarra jinete jirafa jornada joya juguete
  jungla kayak kimono kiwi koala ladrillo lagarto lago laguna lana langosta laurel lavanda leche lechuga
  lenteja leopardo letra libro liebre lienzo liga lince linterna lirio llama llanura llave lluvia loro
  lote lucero madera maizal maleta mango manija mantel manzana mapa maqueta marco mayo mazorca mecedora
  medalla medusa melodia memoria menta mercado merienda meteoro mineral minero mirlo molino moneda monte
  mosaico mostaza muelle mural museo naranja nardo nebulosa nido niebla nieve nogal novela nube nuez
  nutria oasis oboe ocaso ocho olivo orfebre orilla oruga ostra oveja paella pagoda paisaje pala palacio
  palmera paloma pampa panal pandero pantalla papel paraguas parcela parque paseo pastel pavo pelota
  peluche pepino perejil perfume perico perla perro persiana piano pijama pilar pimiento pincel pirata
  piscina pistacho pizarra planeta plata pluma poema polen pomelo poncho portero potro pradera princesa
  prisma puerta pulpo pulsera queso quetzal quilla quince radio rama rancho rapsodia rebanada receta
  recinto recreo regadera regalo regla reina relato reloj remo repisa reserva ristra roble romero rosal
  rotonda rueda sabor salero sandalia sapo sardina sauce sauna secador seda selva semilla sendero
  serrucho sierra silbato sirena solapa sombra sombrero sorbete tablero taller tamiz tapete tarjeta taza
  teatro tecla teclado templo tenedor tenis terraza tertulia tesoro tigre timbre toldo tomate tomillo
  topacio tornado tornillo toronja torre torrente tortuga tostada trapecio trebolar trenza tribuna trigo
  trineo trofeo trompeta tronco trucha tuerca turbante turquesa umbral uniforme universo urraca vainilla
  vajilla vaquero velero venado vendimia ventana verano verdura vereda vestido viento viernes viola
  violeta vitral vivero volante yegua yeso yogur zafiro zapato zorro zueco zumo
`;

const wordsOf = (text: string): readonly string[] => text.trim().split(/\s+/);

/** 512 words of each language: two of them, drawn at random, are one of 2^18 pairs. */
export const checkWordLists: Readonly<Record<Language, readonly string[]>> = {
  en: wordsOf(english),
  es: wordsOf(spanish),
};
